"""The service against its own OpenAPI document: whatever comes, the answer is one that the document names."""

import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import given as given_data
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from inklab.web import Workbench
from inklab.web.app import create_app

HOST = {"Host": "127.0.0.1"}
# A document cannot say which networks and layers there are, so what it allows may be refused.
HERE = (
    r"^/api/(read|models|draw|drawings|runs|recipes"
    r"|mistakes/(summary|cell|surest|unsurest|digit|plane|compare|differences)"
    r"|lesson/(weights|filters|through|sample|silence|bar|order))"
)


def test_every_answer_is_one_that_the_document_tells_of(workbench: Workbench) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(workbench), headers=HOST)
    found = list(schema.include(path_regex=HERE).get_all_operations())
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(operations) == len(found)
    assert len(operations) >= 8

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given_data(st.data())
    def ask(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        data.draw(operation.as_strategy()).call_and_validate(
            headers=HOST, excluded_checks=[positive_data_acceptance]
        )

    ask()
