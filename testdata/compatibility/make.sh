#!/bin/sh
# Makes, in the current folder, one of everything that licseal writes and later versions must
# read. The test of cmd/licseal runs it once for each release, and the files are kept.
set -eu

# Keys, in every form.
licseal keygen -o vendor.key --no-passphrase --comment 'licences 2026'
licseal keygen -o p256.key --type ecdsa-p256 --no-passphrase --comment 'licences on P-256'
echo 'open sesame' >passphrase.txt
licseal keygen -o locked.key --passphrase-file passphrase.txt --comment locked
licseal keygen -o stolen.key --no-passphrase --comment stolen
licseal pubkey --pem vendor.key >vendor.pem
licseal trust add trusted.keys vendor.key.pub --issuer licences@vendor.example
licseal trust add trusted.keys p256.key.pub --issuer licences@vendor.example --valid-after 2026-01-01
licseal trust add trusted.keys stolen.key.pub --issuer licences@vendor.example

# Licences, of all kinds.
cat >fields.json <<'END'
{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}
END
cat >mine.json <<'END'
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["serial", "from", "until", "seats"],
  "additionalProperties": false,
  "properties": {
    "serial": {"type": "string"},
    "from": {"type": "string", "format": "date"},
    "until": {"type": "string", "format": "date"},
    "seats": {"type": "integer", "minimum": 1}
  },
  "x-licseal": {"roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}}
}
END
cat >plan.json <<'END'
{
  "customer_name": "Example Company, Inc",
  "delay_expiry_days": 10,
  "delay_max_uses_perc": 10,
  "entitlements": {
    "monitored_monthly_requests": {"is_limited": true, "max_uses": 500, "name": "Monitored monthly requests"},
    "reports": {"is_limited": false, "max_uses": null, "name": "Reports"}
  },
  "max_machines": 2,
  "ordered_entitlements_keys": ["monitored_monthly_requests", "reports"],
  "policy": null
}
END
dates='--created 2026-01-01 --expires 2035-01-01'
licseal sign -k vendor.key --from fields.json $dates -o licence.json
licseal sign -k p256.key --from fields.json $dates -o p256.json
licseal sign -k locked.key --passphrase-file passphrase.txt --from fields.json $dates -o locked.json
licseal sign -k stolen.key --from fields.json $dates -o stolen.json
licseal sign -k vendor.key --schema mine.json --set serial=A-1 --set seats=5 $dates -o own.json
licseal sign -k vendor.key --schema entitlement --from plan.json $dates -o entitlement.json
licseal renew licence.json -t vendor.key.pub -k vendor.key --set license_key=LS-0002 --expires 2036-01-01 -o renewed.json
licseal payload --as armored licence.json >licence.asc
licseal payload --as k8s-secret licence.json >secret.yaml

# What changes trust.
licseal revoke new revoked.json -k vendor.key --next-update 400d
licseal revoke add revoked.json -k vendor.key LS-0002 --reason 'refunded'
licseal revoke add revoked.json -k vendor.key -t trusted.keys --signing-key stolen.key.pub --reason 'laptop stolen'
for root in a b c; do licseal keygen -o root-$root.key --no-passphrase --comment "root $root"; done
licseal trust init --roots root-a.key.pub,root-b.key.pub,root-c.key.pub --threshold 2 --add vendor.key.pub --issuer licences@vendor.example -o trust.json
licseal trust sign -y --record signed.record -k root-a.key trust.json
licseal trust sign -y --record signed.record -k root-b.key trust.json
sleep 1 # the next one is issued later
licseal trust propose trust.json --add p256.key.pub --issuer licences@vendor.example -o next.json
licseal trust sign -y --record signed.record -k root-a.key --after trust.json next.json
licseal trust sign -y --record signed.record -k root-c.key --after trust.json next.json
cat trust.json next.json >chain.ndjson

# What verifiers remember.
licseal state new seen.state
licseal verify --trust-root trust.json --trust-chain chain.ndjson --revocations revoked.json --state seen.state licence.json
licseal state new plain.state
licseal verify -t trusted.keys --revocations revoked.json --state plain.state licence.json

# Batches: whole, in parts, and stopped in the middle.
cat >customers.csv <<'END'
license_key,customer,admin_seats
B-1,Example Ltd,5
B-2,Acme,five
B-3,"Other, Inc",7
B-4,Last Ltd,9
END
licseal sign -k vendor.key --batch customers.csv --from fields.json $dates --rejects rejects.ndjson -o licences.ndjson || [ $? = 4 ]
for n in 1 2; do
  licseal sign -k vendor.key --batch customers.csv --from fields.json $dates --shard $n/2 -o part-$n.ndjson || [ $? = 4 ]
done
mkfifo rows
licseal sign -k vendor.key --batch --from fields.json $dates --rejects stopped-rejects.ndjson -o stopped.ndjson - <rows &
stopped=$!
exec 3>rows
head -n 2 customers.csv >&3
until [ -s stopped.ndjson.part ]; do sleep 0.1; done
kill -KILL $stopped
wait $stopped || true
exec 3>&-
rm -f rows stopped.ndjson.lock

# The register, a profile and a policy.
licseal register new issued
licseal sign -k vendor.key --register issued --batch customers.csv --from fields.json $dates --rejects /dev/null -o registered.ndjson || [ $? = 4 ]
head -n 1 registered.ndjson >first.json
licseal renew first.json --register issued -t vendor.key.pub -k vendor.key --expires 2036-01-01 -o first-renewed.json
cp revoked.json with-register.json
licseal revoke add with-register.json --register issued -k vendor.key B-3 --reason refunded
licseal register verify --register issued >checkpoint.txt
licseal register copy --register issued second
cat >profile.yaml <<'END'
product: Acme Studio
schema: mine.json
key: vendor.key
trust: [vendor.key.pub]
expires: +365d
plans:
  gold:
    about: for large teams
    expires: +365d
    set: {seats: 50}
END
cat >policy.yaml <<'END'
min_remaining: 30d
warn_remaining: 90d
zone: UTC
require:
  - product_subscription=Konnect Enterprise
  - dataplanes>=2
END
