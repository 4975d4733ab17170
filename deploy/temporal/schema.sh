#!/bin/sh
# Makes Temporal's two databases, or brings them to the schema of this release. Safe to run again.
# Address and password come from SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

set_up() {
  database=$1
  folder=$2
  temporal-sql-tool --plugin postgres12 --db "$database" create
  temporal-sql-tool --plugin postgres12 --db "$database" setup-schema -v 0.0
  temporal-sql-tool --plugin postgres12 --db "$database" \
    update-schema -d "$schemas/$folder/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
