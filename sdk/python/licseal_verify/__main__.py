"""The command line by which this package is tested: docs/conformance.md describes it."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any, Callable, Dict, List, Optional

from . import License, Refused, Roles, Trust, advance, follow_chain, parse_trusted_keys, verify_license

_CODES = {"parse": 3, "schema": 4, "signature": 5, "not-yet-valid": 6, "expired": 7, "revoked": 8, "usage": 2}
_MEMBERS = {"id", "document", "keys", "trust", "time", "grace", "revocations", "roles", "story"}
_STEPS = {"chain", "revocations", "document", "root", "keys", "time"}
_USAGE = """usage: python -m licseal_verify verify KEYS TIME GRACE [LIST] < LICENCE
       python -m licseal_verify trust ROOT [SEEN] < CHAIN
       python -m licseal_verify serve"""


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else base64.b64decode(text, validate=True)


class _Reader:
    """The reader of a story."""

    def __init__(self, story: Dict[str, Any], now: str):
        self.root, self.keys, self.now = story.get("root"), story.get("keys"), now
        self.memory: Optional[str] = None
        self.list: Optional[bytes] = None  # the newest one taken

    def take(self, step: Dict[str, Any]) -> Dict[str, Any]:
        """Hands the reader what a step has."""
        if step.keys() - _STEPS:
            return {"reason": "usage"}
        if "time" in step:
            self.now = step["time"]
            return {"reason": "", "class": "accepted"}
        document, given = _bytes(step.get("document")), _bytes(step.get("revocations"))
        root = None if "keys" in step else step.get("root", self.root)
        trust = None if root is None else Trust(root, _bytes(step.get("chain")))
        keys = None if trust else step.get("keys", self.keys)
        basis = advance(self.memory, keys, trust=trust, revocations=given if document is None else self.list, now=self.now)
        self.memory = basis.memory
        if document is not None:
            return _verdict(verify_license(document, basis, at=self.now))
        for warning in basis.warnings:
            if warning.code != "missing":
                raise warning
        is_chain = "chain" in step and basis.generation > 0 and basis.refusal is not None and basis.refusal.code == "no-keys"
        if basis.refusal and not is_chain:
            raise basis.refusal
        self.list = (self.list if given is None else given) if basis.list_generation else None
        taken = {"reason": "", "class": "accepted"}
        return {**taken, "generation": basis.generation, "keys": [key.id for key in basis.keys]} if trust and given is None else taken


def _verdict(license: License) -> Dict[str, Any]:
    return {"reason": "", "class": "in-grace" if license.state == "in grace" else "accepted", "digest": license.digest}


def _judge(request: Dict[str, Any]) -> Dict[str, Any]:
    """Answers a request of the protocol."""
    if request.keys() - _MEMBERS:
        return {"reason": "usage"}
    if "story" in request:
        reader, steps = _Reader(request["story"], request["time"]), request["story"]["steps"]  # type: _Reader, List[Dict[str, Any]]
        return {"reason": "", "steps": [_answer(reader.take, step) for step in steps]}
    trust = None
    if "trust" in request:
        seen = request["trust"].get("seen")
        known = None if seen is None else b"\n".join(base64.b64decode(one) for one in seen)
        trust = Trust(request["trust"]["root"], base64.b64decode(request["trust"]["chain"]), known)
    document = _bytes(request.get("document"))
    if document is None and trust:
        chain = follow_chain(trust.chain or b"", trust.anchor, trust.seen)
        return {"reason": "", "class": "accepted", "generation": chain.generation, "keys": [key.id for key in chain.keys]}
    return _verdict(verify_license(
        document or b"",
        None if trust else parse_trusted_keys(request["keys"]),
        at=request["time"],
        grace=request.get("grace", 0),
        roles=Roles(**request.get("roles", {})),
        revocations=_bytes(request.get("revocations")),
        trust=trust,
    ))  # fmt: skip


def _answer(judge: Callable[[Dict[str, Any]], Dict[str, Any]], request: Dict[str, Any]) -> Dict[str, Any]:
    try:
        return judge(request)
    except Refused as refused:
        return {"reason": refused.reason, "class": refused.code, "message": str(refused)}
    except (ValueError, TypeError) as error:
        return {"reason": "usage", "message": str(error)}


def _base64(path: Optional[str]) -> str:
    if path is None:
        return base64.b64encode(sys.stdin.buffer.read()).decode()
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def main(command: str = "", *args: str) -> int:
    request: Dict[str, Any]
    if command == "serve" and not args:
        for line in sys.stdin.buffer:
            request = json.loads(line)
            print(json.dumps({"id": request["id"], **_answer(_judge, request)}), flush=True)
        return 0
    if command == "verify" and len(args) in (3, 4):
        with open(args[0], encoding="utf-8") as file:
            keys = file.read()
        request = {"keys": keys, "time": args[1], "grace": int(args[2]), "document": _base64(None)}
        if len(args) == 4:
            request["revocations"] = _base64(args[3])
    elif command == "trust" and len(args) in (1, 2):
        request = {"trust": {"root": args[0], "chain": _base64(None)}}
        if len(args) == 2:
            request["trust"]["seen"] = [_base64(args[1])]
    else:
        print(_USAGE, file=sys.stderr)
        return 2
    answer = _answer(_judge, request)
    if answer["reason"]:
        print(f"{answer['reason']}: {answer.get('message', '')}", file=sys.stderr)
        return _CODES.get(answer["reason"], 1)
    print("accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
