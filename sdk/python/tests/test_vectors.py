import json

import pytest
from licseal_verify import Refused, follow_chain, verify_license
from licseal_verify.__main__ import _answer, _judge
from vectors import TESTDATA, vectors


def each(folder):
    return pytest.mark.parametrize("v", vectors(folder), ids=lambda v: v.name)


def word(judge):
    """Returns what a verdict is called in the vectors."""
    try:
        return "in-grace" if getattr(judge(), "state", "") == "in grace" else "accepted"
    except Refused as refused:
        return refused.code


@each("vectors")
def test_licences(v):
    assert word(lambda: verify_license(v.file, v.keys(), **v.options())) == v.get("expect"), v.get("why")
    if v.get("expect") == "accepted":
        assert verify_license(v.file, v.keys(), **v.options()).payload == json.loads(v.get("canonical"))["license"]["payload"]


@each("revocations")
def test_revocation_lists(v):
    assert word(lambda: verify_license(v.get("license"), v.keys(), revocations=v.file, **v.options())) == v.get("expect"), v.get("why")


@each("trust")
def test_chains_of_trust(v):
    seen = "\n".join(v.all("seen")) or None
    assert word(lambda: follow_chain(v.file, v.get("anchor"), seen)) == v.get("expect"), v.get("why")
    if v.get("expect") == "accepted":
        chain = follow_chain(v.file, v.get("anchor"), seen)
        assert (chain.generation, [key.id for key in chain.keys]) == (int(v.get("generation")), v.all("key"))
        assert follow_chain(chain.seen, v.get("anchor")) == chain


STORIES = [v for v in json.loads((TESTDATA / "vectors.json").read_text())["vectors"] if v["part"] == "memory"]


@pytest.mark.parametrize("v", STORIES, ids=lambda v: v["request"]["id"])
def test_stories_of_a_reader_that_remembers(v):
    answers = [{name: value for name, value in step.items() if name != "message"} for step in _answer(_judge, v["request"])["steps"]]
    assert answers == [{"keys": [], **step} if "generation" in step else step for step in v["expect"]["steps"]], v["why"]
