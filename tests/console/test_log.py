"""What the web app writes into its log."""

from __future__ import annotations

from tests.support.web_app import Site


def test_what_somebody_searched_for_is_in_no_log(site: Site) -> None:
    """Logs are kept for months and read by many; nobody erases a person from them."""
    with site.visit(site.sign_in("admin")) as browser:
        for path in ("nowhere", "leads", "admin/erase"):
            answer = browser.get(f"/console/{path}?search=jane.roe%40x.example&who=jane.roe")
            assert answer.status_code == (404 if path == "nowhere" else 200)
    assert "jane.roe" not in (site.settings.perennial_home / "web.log").read_text(encoding="utf-8")
