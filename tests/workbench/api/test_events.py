"""Events over the API."""

import httpx

from workbench.db.ids import new_id


async def test_an_event_that_nothing_waits_for_is_kept(api: httpx.AsyncClient) -> None:
    answer = await api.post("/events", json={"name": "order.paid", "key": "7", "data": {"n": 1}})
    assert answer.status_code == 202
    assert answer.json()["kept"] is True


async def test_an_id_that_comes_twice_is_known(api: httpx.AsyncClient) -> None:
    event = {"name": "order.paid", "id": new_id()}
    answers = [(await api.post("/events", json=event)).json() for _ in range(2)]
    assert [answer["known"] for answer in answers] == [False, True]


async def test_an_event_without_a_name_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/events", json={"name": "", "data": 1})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
