#!/bin/sh
# Makes the namespace and registers the search attributes that journeys set (the registry is
# domain/contracts/search_attributes.py). Safe to run again.
# TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where, RETENTION how long ended runs are kept.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}

temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention "${RETENTION:-90d}"

# A new namespace takes some seconds to be known everywhere.
tries=0
until temporal operator search-attribute create --namespace "$namespace" \
  --name LeadStage --type Keyword \
  --name PhaseReason --type Keyword \
  --name Cadence --type Keyword \
  --name Owner --type Keyword \
  --name ScoreBand --type Keyword \
  --name Cycle --type Int; do
  tries=$((tries + 1))
  if [ "$tries" -ge 20 ]; then
    echo "The search attributes could not be registered: see the message above." >&2
    exit 1
  fi
  sleep 3
done
