"""What leads saw while they stood in a stage, and whether they went on in the week after."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, text

from domain.figures.content import WEEK, ContentKind, Exposure, SeenCounts, StageWeek, UsedRow
from domain.figures.funnel import Question
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL, WON
from store.figures.funnel import Split, in_period

LOOKED_AT = 10_000
"""Leads in a cycle that are looked at."""
MOST_SEEN, SEEN_BY = 100, 5
"""Mails and pages that are told of, and leads that each was seen by at least: an address that fewer
have opened may be of one person."""
_ENDS = r"(?!/?[A-Za-z0-9_%~-]|[.:@+=][A-Za-z0-9_%~/-])"
"""Follows the whole address of a page: what is asked of it, or a place in it, may; a longer path
may not. Of a language without spaces a word may stand right behind it."""
_STAGES = ", ".join(f"({n}, {FUNNEL[n]}_at, {FUNNEL[n + 1]}_at)" for n in range(WON))


def exposures(connection: Connection, question: Question, weeks: Sequence[Period]) -> SeenCounts:
    """By week and stage the leads that stood there for the whole of the week, and those of them
    that saw each mail and page; and whether they were chosen by chance, the same each time, among
    more than :data:`LOOKED_AT`."""
    if not weeks:
        return SeenCounts([], [], chosen=False)
    split = Split(question, "facts")
    rows = connection.execute(
        text(
            f"""
            WITH looked_at AS MATERIALIZED (
                SELECT facts.lead_id, {", ".join(f"{stage}_at" for stage in FUNNEL)}, outcome_at
                FROM funnel_unit AS facts{split.join}
                WHERE facts.lead_id IS NOT NULL AND known_at <= :last
                    AND (outcome_at IS NULL OR outcome_at > :first){split.where}
                ORDER BY hashint8(facts.id) LIMIT {LOOKED_AT}
            ), stood AS MATERIALIZED (
                SELECT lead_id, week, starts, ends, stage,
                    coalesce(next_at <= ends + :within, false) AS went_on
                FROM looked_at CROSS JOIN LATERAL (VALUES {_STAGES}) AS stage (stage, at, next_at)
                JOIN unnest(cast(:starts AS timestamptz[]), cast(:ends AS timestamptz[]))
                    WITH ORDINALITY AS weeks (starts, ends, week)
                    ON at <= starts AND coalesce(next_at, outcome_at, 'infinity') > ends
            ), mailed AS MATERIALIZED (
                SELECT DISTINCT lead_id, template.name, touch.sent_at AS at
                FROM (SELECT DISTINCT lead_id FROM stood) AS who CROSS JOIN LATERAL (
                    SELECT sent_at, template_version_id FROM touch
                    WHERE touch.lead_id = who.lead_id AND state = 'sent'
                        AND enrollment_id IS NOT NULL AND sent_at >= :first AND sent_at < :last
                ) AS touch JOIN template_version AS template ON template.id = template_version_id
            ), visited AS MATERIALIZED (
                SELECT DISTINCT lead_id, page.name, page.at
                FROM (SELECT DISTINCT lead_id FROM stood) AS who CROSS JOIN LATERAL (
                    SELECT at, left(coalesce(nullif(detail->>'path', ''), name), 200) AS name
                    FROM engagement
                    WHERE engagement.lead_id = who.lead_id AND kind = 'page' AND machine = ''
                        AND at >= :first AND at < :last
                ) AS page WHERE page.name <> ''
            ), seen AS MATERIALIZED (
                SELECT DISTINCT kind, name, lead_id, week, stage, went_on FROM stood JOIN (
                    SELECT '{ContentKind.MAIL}' AS kind, * FROM mailed
                    UNION ALL SELECT '{ContentKind.PAGE}', * FROM visited
                ) AS saw USING (lead_id) WHERE saw.at >= starts AND saw.at < ends
            ), told AS (
                SELECT kind, name FROM seen GROUP BY 1, 2
                HAVING count(DISTINCT lead_id) >= {SEEN_BY}
                ORDER BY count(*) DESC, 1, 2 LIMIT {MOST_SEEN}
            )
            SELECT '' AS kind, '' AS name, week, stage, count(*) AS leads,
                count(*) FILTER (WHERE went_on) AS went_on FROM stood GROUP BY week, stage
            UNION ALL
            SELECT kind, name, week, stage, count(*), count(*) FILTER (WHERE went_on)
            FROM seen JOIN told USING (kind, name) GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT 'looked_at', '', 0, 0, count(*), 0 FROM looked_at
            """
        ),
        {
            **split.values,
            "first": weeks[0].start,
            "last": weeks[-1].end,
            "starts": [one.start for one in weeks],
            "ends": [one.end for one in weeks],
            "within": WEEK,
        },
    ).all()
    standing, seen, chosen = [], [], False
    for kind, name, *of in rows:
        if kind == "looked_at":
            chosen = of[2] == LOOKED_AT
        elif kind:
            seen.append(Exposure(ContentKind(kind), name, StageWeek(*of)))
        else:
            standing.append(StageWeek(*of))
    return SeenCounts(standing, seen, chosen)


def uses(
    connection: Connection, question: Question, items: Sequence[tuple[str, str]]
) -> list[UsedRow]:
    """How many mails and notes that sales wrote in the period have the address of each of these
    titles and addresses; of a team those to its leads. A mail of marketing's that somebody sent
    unchanged has what its template says."""
    split = Split(question, "facts")
    each = list(dict.fromkeys(items))
    addresses = [url.rstrip("/") for _title, url in each]
    rows = connection.execute(
        text(
            f"""
            SELECT item.title, item.url, count(wrote.text) AS uses
            FROM unnest(cast(:titles AS text[]), cast(:urls AS text[]), cast(:addresses AS text[]),
                cast(:patterns AS text[])) AS item (title, url, address, pattern)
            LEFT JOIN (
                SELECT written.text FROM (
                    SELECT lead_id, coalesce(nullif(mail.text, ''), template.compiled->>'text'), at
                    FROM written_mail AS mail LEFT JOIN template_version AS template
                        ON template.id = mail.template_version_id
                    UNION ALL SELECT lead_id, text, at FROM lead_note
                    UNION ALL
                    SELECT lead_id, concat_ws(' ', answer->'mail'->>'text', answer->>'note'),
                        completed_at
                    FROM task WHERE state = 'done'
                ) AS written (lead_id, text, at)
                LEFT JOIN lead AS facts ON facts.id = written.lead_id{split.join}
                WHERE written.at >= :start AND written.at < :end{split.where}
            ) AS wrote ON strpos(wrote.text, item.address) > 0 AND wrote.text ~ item.pattern
            GROUP BY 1, 2
            """
        ),
        {
            **split.values,
            **in_period(question),
            "titles": [title for title, _url in each],
            "urls": [url for _title, url in each],
            "addresses": addresses,
            "patterns": [re.escape(one) + _ENDS for one in addresses],
        },
    )
    return [UsedRow(*row) for row in rows]
