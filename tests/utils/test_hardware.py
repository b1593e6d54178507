"""The description of this machine, as text and as JSON."""

import json

from inklab.utils.hardware import Machine, this_machine


def test_this_machine() -> None:
    machine = this_machine()
    assert machine.threads >= 1
    assert machine.processor
    assert {"python", "inklab", "numpy", "torch"} <= set(machine.versions)
    assert Machine.from_dict(json.loads(json.dumps(machine.to_dict()))) == machine
    assert str(Machine("Z80", 1)) == "Z80, 1 thread"
    assert str(Machine("Z80", 2, ("avx2",))) == "Z80 (avx2), 2 threads"
