#!/bin/sh
# Run by the database's image once, when the data are made: the role the service connects as, with its password.
# It owns nothing; `landgis migrate` grants it what it may see.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
     --set password="$LANDGIS_APP_PASSWORD" <<'SQL'
CREATE ROLE landgis_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
SQL
