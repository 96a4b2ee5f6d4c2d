"""How files are sent that steps put out: their names and media types are not ours."""

from workbench.api.v1.runs import disposition


def test_an_endless_name_still_fits_into_a_header() -> None:
    headers = disposition("text/plain", "ü" * 200_000)
    assert len(headers["Content-Disposition"]) < 2_000
