"""
What the benchmarks measure and where: the project as a wheel, aws-mfa 0.0.12, throwaway homes, a certificate.

Owns .build/bench. 0.0.12 is where `make real-parts` puts it. As a script it installs the wheel and prints the versions.
"""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

ENVIRONMENT = os.path.join(ROOT, ".build", "bench")
PYTHON = os.path.join(ENVIRONMENT, "bin", "python")
AWS_MFA = os.path.join(ENVIRONMENT, "bin", "aws-mfa")
OLD_TOOL = os.path.join(ROOT, ".build", "old-tool", "bin", "aws-mfa")

BARE_PYTHON = [PYTHON, "-c", "pass"]
REGION = "eu-west-1"


def install() -> None:
    """Install the project as it is now into .build/bench, as a user's pip does."""
    if not os.path.exists(PYTHON):
        _quietly([sys.executable, "-m", "venv", ENVIRONMENT])
        # The console scripts of older pips import `re`.
        _quietly([PYTHON, "-m", "pip", "install", "--upgrade", "pip>=25.3"])
    # A folder is always installed again; its new dependencies are installed with it.
    _quietly([PYTHON, "-m", "pip", "install", ROOT])


def has_old_tool() -> bool:
    """Whether 0.0.12 can be measured; if not, print that."""
    found = os.path.exists(OLD_TOOL)
    if not found:
        print("aws-mfa 0.0.12 is not there (`make real-parts` installs it): measured without it")
    return found


def environment(home: str, **variables: str) -> dict[str, str]:
    """The variables of a run: this home, no keychain, no metadata service; only PATH comes from the caller."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "LOGNAME": "ann",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **variables,
    }


def write_credentials(home: str, text: str) -> str:
    """Make `home` with this credentials file, private, as set-up makes it; return its path."""
    folder = os.path.join(home, ".aws")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, "credentials")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def long_term_section(name: str, key_id: str, secret: str, device: str) -> str:
    """Long-term keys in the file, as 0.0.12 needs them."""
    return (
        f"[{name}-long-term]\n"
        f"aws_access_key_id = {key_id}\n"
        f"aws_secret_access_key = {secret}\n"
        f"aws_mfa_device = {device}\n\n"
    )


def session_section(name: str, *, token_length: int = 400) -> str:
    """A session with ten hours left, as both tools write it."""
    expires_at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 36000))
    token = "t" * token_length
    return (
        f"[{name}]\n"
        "assumed_role = False\n"
        f"aws_access_key_id = ASIA{'A' * 16}\n"
        f"aws_secret_access_key = {'s' * 40}\n"
        f"aws_session_token = {token}\n"
        f"aws_security_token = {token}\n"
        f"expiration = {expires_at}\n\n"
    )


def many_profiles(count: int) -> str:
    """`count` plain profiles of 187 bytes or so, with comments as people write them."""
    return "".join(
        f"# account {number:012d}, kept by team {number % 97}\n"
        f"[team-{number}]\n"
        f"aws_access_key_id = ASIA{number:016d}\n"
        f"aws_secret_access_key = {'s' * 40}\n"
        f"region = {REGION}\n\n"
        for number in range(count)
    )


def certificate(folder: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for 127.0.0.1 with a new certificate made by openssl, and the CA file for clients."""
    key, chain = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    _quietly([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", key, "-out", chain,
    ])  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context, chain


def _quietly(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} ... failed:\n{done.stderr}")
    return done.stdout.strip()


def main() -> None:
    """Print the versions that the figures of this run belong to."""
    install()
    version = _quietly([PYTHON, "-c", "import aws_mfa; print(aws_mfa.__version__)"])
    print(f"aws-mfa {version}, {platform.python_implementation()} {platform.python_version()}, {platform.system()}")
    if has_old_tool():
        print("beside it: aws-mfa 0.0.12")


if __name__ == "__main__":
    main()
