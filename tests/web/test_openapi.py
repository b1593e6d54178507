"""The HTTP API against its own OpenAPI document: every response has a status and a schema of the document."""

import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import given as given_data
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from web_visits import TIMEOUT_S

from inklab.web import Workbench
from inklab.web.app import create_app

HEADERS = {"Host": "127.0.0.1"}
# The document cannot name the networks and layers that exist, so a valid request may still be refused.
TESTED = (
    r"^/api/(read|models|drawings|runs|recipes|comparison"
    r"|explain/(layers|predict|unit|attribution)"
    r"|errors/(summary|confusions|most-confident|least-confident|example|pca)"
    r"|lesson/(weights|filters|activations|accuracy|ablate|crossed-seven|shuffled-pixels))"
)


def test_every_response_is_documented(workbench: Workbench) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(workbench), headers=HEADERS)
    tested = schema.include(path_regex=TESTED).exclude(path="/api/runs", method="POST")  # trains networks
    tested = tested.exclude(path_regex=r"/events$")  # a stream, whose errors are JSON
    operations = list(tested.get_all_operations())
    assert len(operations) >= 25
    assert all(isinstance(operation, Ok) for operation in operations)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given_data(st.data())
    def send(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations)).ok()
        data.draw(operation.as_strategy()).call_and_validate(
            headers=HEADERS, excluded_checks=[positive_data_acceptance], timeout=TIMEOUT_S
        )

    send()
