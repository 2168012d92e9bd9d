"""The complete list of places where a secret leaves its type: a new one is a decision, made here."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Iterator

from needs import ROOT

SOURCE = os.path.join(ROOT, "src", "aws_mfa")

PLACES = {
    "vaults/age.py": 2,  # the passphrase, to age
    "handover/browser.py": 1,  # the URL that signs in, to the browser
    "vaults/seal.py": 1,  # the identity that stored sessions are sealed to, to age
    "vaults/keychain/vault.py": 1,  # the same, to its item in the keychain
    "aws/query.py": 2,  # secret and token, to the signature
    "python_api.py": 2,  # a session, to the Python program that asked for it; again when renewed
    "vaults/items.py": 1,  # the fields of the keychain's item, the age file's entry, the section of vault `file`
    "aws_values/codes.py": 3,  # its characters are looked at
    "handover/environment.py": 2,  # the session, to the environment of a child or a shell
    "aws/sign_in_call.py": 2,  # the session, to the console's sign-in
    "cli/commands/console.py": 1,  # the URL that signs in, to stdout: asked for, or for want of a browser
    "sessions/container.py": 2,  # the session, to the answer that the endpoint gives
    "handover/listening/endpoint.py": 1,  # the endpoint's token, to be compared with
    "handover/listening/token_file.py": 1,  # the endpoint's token, to its file
    "sessions/entry.py": 2,  # the session, to its entry of the session cache
    "sessions/file_section.py": 2,  # the session, to the credentials file
    "aws/sign_in.py": 1,  # the sign-in token, into the URL
    "key_care/qr_code.py": 1,  # the seed of a new MFA device, to its QR code
    "key_care/enrolment.py": 1,  # the same, to a person who asks for it
    "setup/questions.py": 1,  # blanks around a pasted secret
}


def test_secrets_leave_in_these_places_and_no_others() -> None:
    assert Counter(_places()) == Counter(PLACES)


def _places() -> Iterator[str]:
    for folder, _, names in os.walk(SOURCE):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".py"):
                with open(path, encoding="utf-8") as file:
                    for node in ast.walk(ast.parse(file.read())):
                        if isinstance(node, ast.Attribute) and node.attr in ("reveal", "_text") and not _is_own(path):
                            yield os.path.relpath(path, SOURCE).replace(os.sep, "/")


def _is_own(path: str) -> bool:
    return path == os.path.join(SOURCE, "model.py")
