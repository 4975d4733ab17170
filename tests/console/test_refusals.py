"""What is refused, in the visitor's language."""

from __future__ import annotations

from tests.support.web_app import Site


def test_an_sdr_reads_in_korean_that_a_lead_is_another_teams(site: Site) -> None:
    """Who does not read English would not know what is wrong."""
    lead = site.world.nurtured
    with site.visit(site.sign_in("sdr", "rep-1", "ko")) as browser:
        page = browser.get(f"/console/leads/{lead}")

    assert page.status_code == 404
    assert f"팀의 리드 중에 {lead}번이 없습니다." in page.text
