"""What the migrations of this module must do beside the tables: the integrator adds these operations."""

from django.db import migrations

# The kernel does not know organisations, so its column gets its foreign key from here.
CASE_ORGANISATION = migrations.RunSQL(
    sql="""
    ALTER TABLE kernel_case
        ADD CONSTRAINT case_organisation FOREIGN KEY (organisation_id)
            REFERENCES people_organisation (id) DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT case_team_organisation FOREIGN KEY (team_organisation_id)
            REFERENCES people_organisation (id) DEFERRABLE INITIALLY DEFERRED;
    """,
    reverse_sql="""
    ALTER TABLE kernel_case DROP CONSTRAINT case_organisation, DROP CONSTRAINT case_team_organisation;
    """,
)

# Unlogged: what rate limits remember may be lost in a crash, and writing it should cost little.
CACHE_TABLE = migrations.RunSQL(
    sql="""
    CREATE UNLOGGED TABLE IF NOT EXISTS huizhen_cache (
        cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
    );
    CREATE INDEX IF NOT EXISTS huizhen_cache_expires ON huizhen_cache (expires);
    """,
    reverse_sql="DROP TABLE IF EXISTS huizhen_cache;",
)
