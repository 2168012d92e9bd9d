"""
`credential-process --from PATH [NAME]`: asks `serve --socket PATH` of this user for a session. On the hot path.

Reads no AWS file and opens no vault: a sandbox has neither. The socket and the process that listens there must be this
user's own, or nothing of the answer is used: another could give credentials of an account of theirs.
"""

from __future__ import annotations

import _socket
import os
import stat
import time

from aws_mfa.aws_values.text import parse_moment
from aws_mfa.cli.start import AGENT_VARIABLES
from aws_mfa.errors import AwsMfaError, BadInput, Unreachable
from aws_mfa.model import Secret, Session
from aws_mfa.sessions.entry import document_of
from aws_mfa.system.unix_sockets import check_path, is_this_user, user_at_other_end

FROM_FLAG = "--from"
_TIME_LIMIT_S = 5.0
_MOST_BYTES = 64 * 1024
_START = "start it on the host: aws-mfa serve PROFILE --socket PATH"
_KEYS = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]
_failures: list[AwsMfaError] = []  # of the fast path, for the full one, which prints it: nobody waits twice


def fast_from_socket(argv: list[str]) -> str | None:
    """What `credential-process --from PATH [NAME]` prints, None in any doubt."""
    path, *names = argv[2:] or [""]
    if argv[1] != FROM_FLAG or not path or len(names) > 1 or any(word.startswith("-") for word in (path, *names)):
        return None
    try:
        status, body = answer_from(path, *names)
        return f"{document_in(body)}\n" if status == "200" else None
    except AwsMfaError as error:
        _failures.append(error)
        return None


def answer_from(path: str, name: str = "") -> tuple[str, str]:
    """
    The server's HTTP status and body; "": the only profile that is served.

    Raises `BadInput` if the path is not a socket, `Unreachable` if no process of this user answers in time.
    """
    if _failures:
        raise _failures.pop()
    check_path(path)
    connection = _socket.socket(_socket.AF_UNIX)
    try:
        found = os.stat(path)
        if not stat.S_ISSOCK(found.st_mode):
            raise BadInput(f"{path} is not a socket", "give the PATH of: aws-mfa serve PROFILE --socket PATH")
        _check_user(found.st_uid, path, "the socket")
        connection.settimeout(_TIME_LIMIT_S)
        connection.connect(path)
        _check_user(user_at_other_end(connection), path, "the process that listens")
        answer = _exchanged(connection, name, _agent())
    except (FileNotFoundError, ConnectionRefusedError):
        raise Unreachable(f"nobody listens at {path}", _START) from None
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    except (TimeoutError, BlockingIOError):
        what = f"the server at {path} did not answer within {_TIME_LIMIT_S:g} s"
        raise Unreachable(what, "see on the host whether it is stopped: end it, and start it again") from None
    except OSError as error:
        raise Unreachable(f"cannot use the socket {path}: {error.strerror}", _START) from None
    finally:
        connection.close()
    if not answer:  # ssh -R accepts, and then finds nobody at its own end
        raise Unreachable(f"the connection to {path} was closed without an answer", _START)
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    return head[9:12], body


def _check_user(uid: int, path: str, what: str) -> None:
    if not is_this_user(uid):
        whose = f"{what} at {path} is of another user (id {uid}) than this process: it is not used"
        raise Unreachable(whose, f"be the same user on both sides, in a container: docker run --user {uid}")


def _agent() -> str:
    """The agent that we run for, whom the server may refuse, or ""."""
    if not any(map(os.environ.get, AGENT_VARIABLES)):
        return ""
    from aws_mfa.agents.caller import agent_in

    return agent_in(os.environ) or ""


def _exchanged(connection: _socket.socket, name: str, agent: str) -> bytes:
    """Send the request; return what comes until the server closes. Raises `TimeoutError` and other OSErrors."""
    gives_up_at = time.monotonic() + _TIME_LIMIT_S
    target = "".join(f"%{byte:02X}" for byte in os.fsencode(name))
    named = f"Agent: {agent}\r\n" if agent else ""
    connection.sendall(f"GET /{target} HTTP/1.1\r\nConnection: close\r\n{named}\r\n".encode())
    data = b""
    while len(data) <= _MOST_BYTES:
        left_s = gives_up_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        part = connection.recv(_MOST_BYTES)
        if not part:
            break
        data += part
    return data


def document_in(body: str) -> str:
    """The document of `credential_process` for the session in an answer of the container protocol."""
    parts = body.split('"')
    values = parts[3::4]
    expires_at = parse_moment(values[3]) if parts[1::4][:4] == _KEYS and len(values) >= len(_KEYS) else None
    if expires_at is not None and values[0].startswith("ASIA"):
        try:
            return document_of(Session(values[0], Secret(values[1]), Secret(values[2]), expires_at))
        except ValueError:
            pass
    hint = "use the same version of aws-mfa on both sides"
    raise Unreachable("the answer from the socket is not a session", hint)
