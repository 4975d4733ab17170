#!/bin/sh
# Runs once, when PostgreSQL makes its data: one role and database for Perennial, one role for
# Temporal, which makes its own databases. Neither can read the other's.
set -eu

psql --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
  --set=perennial="$PERENNIAL_DB_PASSWORD" --set=temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE perennial LOGIN PASSWORD :'perennial';
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
CREATE DATABASE perennial OWNER perennial;
REVOKE CONNECT ON DATABASE perennial FROM PUBLIC;
SQL
