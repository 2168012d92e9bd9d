"""
Writes the digests of the container images into .github/workflows: `python:3.14-bookworm@sha256:...`.

Needs docker with buildx, and a machine that reaches the images. A tag without a digest is what CI runs until then; run
it again to move to what the tags name now. Changes nothing if one image cannot be looked up.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

WORKFLOWS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".github", "workflows")
IMAGE = re.compile(r"^(?P<item> +- )(?P<tag>python:[\w.-]+)(?:@sha256:[0-9a-f]{64})?$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def main() -> int:
    """Return 1, with a line that says which, if an image cannot be looked up."""
    texts = {}
    for name in sorted(os.listdir(WORKFLOWS)):
        with open(os.path.join(WORKFLOWS, name), encoding="utf-8") as file:
            texts[name] = file.read()
    digests: dict[str, str] = {}
    for tag in sorted({match["tag"] for text in texts.values() for match in IMAGE.finditer(text)}):
        digests[tag] = digest_of(tag)
        if not DIGEST.fullmatch(digests[tag]):
            print(f"{tag} cannot be looked up; nothing was changed: docker buildx imagetools inspect {tag}")
            return 1
    for name, text in texts.items():
        pinned = IMAGE.sub(lambda match: f"{match['item']}{match['tag']}@{digests[match['tag']]}", text)
        with open(os.path.join(WORKFLOWS, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(pinned)
    print("\n".join(f"{tag}@{digest}" for tag, digest in digests.items()))
    return 0


def digest_of(tag: str) -> str:
    """What the tag names now, for all processors; "" if docker does not know."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", tag]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
