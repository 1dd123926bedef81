"""The weeks of the narrow table, made ahead: a missing week never stops a release, because a last partition takes
what no week takes, and gives it back when the week is made."""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from psycopg import sql

WEEKS_AHEAD = 8
REST = "lab_released_rest"
FIND = "SELECT to_regclass(%s)"


def ensure_partitions(*, at: datetime, ahead: int = WEEKS_AHEAD) -> list[str]:
    """Make the partitions of this week and the next ones that are missing; returns the new ones' names."""
    start = _monday(at)
    return [name for week in range(ahead + 1) if (name := _make(start + timedelta(weeks=week)))]


def _monday(at: datetime) -> datetime:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _make(start: datetime) -> str:
    """One week, with the rows that came before it was made."""
    year, week, _day = start.isocalendar()
    name = f"lab_released_{year}w{week:02d}"
    end = start + timedelta(weeks=1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lab_released.partitions'))")
        cursor.execute(FIND, [name])
        if cursor.fetchone()[0] is not None:
            return ""
        table, rest = sql.Identifier(name), sql.Identifier(REST)
        bounds = [sql.Literal(moment.isoformat()) for moment in (start, end)]
        moved = sql.SQL("released_at >= {} AND released_at < {}").format(*bounds)
        cursor.execute(sql.SQL("CREATE TABLE {} (LIKE lab_released INCLUDING ALL)").format(table))
        cursor.execute(sql.SQL("INSERT INTO {} SELECT * FROM {} WHERE {}").format(table, rest, moved))
        if cursor.rowcount:
            # Moved, not changed: the append-only trigger is set aside for this statement alone.
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(rest))
            cursor.execute(sql.SQL("DELETE FROM {} WHERE {}").format(rest, moved))
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(rest))
        cursor.execute(
            sql.SQL("ALTER TABLE lab_released ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(table, *bounds)
        )
    return name
