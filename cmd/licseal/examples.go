package main

import (
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
)

// examples returns the examples of each command that its description does not have.
var examples = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"demo":            {"licseal demo", "licseal demo >transcript.txt"},
		"config":          {"licseal config", "licseal config approve"},
		"config approve":  {"licseal config approve", "licseal config approve ../acme/licseal.yaml"},
		"config forget":   {"licseal config forget", "licseal config forget ../acme/licseal.yaml"},
		"keygen":          {"licseal keygen -o vendor.key --comment licences@acme.example", "licseal keygen -o ci.key --type ecdsa-p256 --passphrase-file passphrase.txt"},
		"pubkey":          {"licseal pubkey vendor.key >vendor.key.pub", "licseal pubkey --pem agent:licences@acme.example"},
		"trust":           {"licseal trust list trusted.keys", "licseal trust add trusted.keys 2027.key.pub"},
		"trust list":      {"licseal trust list trusted.keys", "licseal trust list --json trusted.keys"},
		"trust add":       {"licseal trust add trusted.keys 2027.key.pub", "licseal trust add trusted.keys new.pub --valid-after 2027-01-01"},
		"trust retire":    {"licseal trust retire trusted.keys SHA256:f77FbUzk", "licseal trust retire trusted.keys 2026.key.pub --before 2027-01-01"},
		"trust remove":    {"licseal trust remove trusted.keys SHA256:f77FbUzk", "licseal trust remove trusted.keys 2025.key.pub"},
		"merge":           {"licseal merge part-*.ndjson -o licences.ndjson"},
		"plans":           {"licseal plans", "licseal plans --json"},
		"page":            {"licseal page -t trusted.keys -o verify.html", "licseal page -t trusted.keys --schema mine.json --name Acme -o verify.html"},
		"schema":          {"licseal schema kong >kong.schema.json", "licseal schema mine.json payload.json"},
		"state":           {"licseal state new seen.state", "licseal state show seen.state"},
		"state new":       {"licseal state new seen.state", "licseal state new /var/lib/acme/seen.state"},
		"state show":      {"licseal state show seen.state", "licseal state show --json seen.state"},
		"state reset":     {"licseal state reset seen.state", "licseal state reset /var/lib/acme/seen.state"},
		"inspect":         {"licseal inspect licence.json", "licseal inspect --json --schema mine.json licence.json"},
		"diff":            {"licseal diff old.json new.json", "licseal diff -t vendor.key.pub --json old.json new.json"},
		"canonical":       {"licseal canonical licence.json", "licseal canonical payload.json | sha256sum"},
		"register":        {"licseal register new issued", "licseal register list --register issued --expiring 60d"},
		"register new":    {"licseal register new issued", "licseal register new /srv/acme/issued"},
		"register import": {"licseal register import --register issued -t vendor.key.pub archive/", "licseal register import --register issued -t vendor.key.pub licences.ndjson"},
		"register export": {"licseal register export --register issued >licences.ndjson", "licseal register export --register issued --expiring 60d >renew.ndjson"},
		"register audit":  {"licseal register audit --register issued -t trusted.keys", "licseal register audit --register issued -t trusted.keys --orders orders.csv"},
		"register page":   {"licseal register page --register issued -o licences.html", "licseal register page --register issued --seats admin_seats -o licences.html"},
		"register copy":   {"licseal register copy --register issued /mnt/backup/issued", "licseal register copy --register issued second"},
		"register list":   {"licseal register list --register issued --expiring 60d", "licseal register list --register issued --customer acme --format csv"},
		"register show":   {"licseal register show --register issued LS-0001", "licseal register show --register issued --newest LS-0001 >licence.json"},
		"register verify": {"licseal register verify --register issued", "licseal register verify --register issued --since checkpoint.txt"},
		"revoke":          {"licseal revoke new revoked.json -k vendor.key", "licseal revoke add revoked.json -k vendor.key A-1017 --reason refunded"},
		"revoke new":      {"licseal revoke new revoked.json -k vendor.key", "licseal revoke new revoked.json -k vendor.key --next-update 7d"},
		"revoke add":      {"licseal revoke add revoked.json -k vendor.key A-1017 --reason refunded", "licseal revoke add revoked.json -k vendor.key --licence licence.json"},
		"revoke remove":   {"licseal revoke remove revoked.json -k vendor.key A-1017", "licseal revoke remove revoked.json -k vendor.key --licence licence.json"},
		"revoke renew":    {"licseal revoke renew revoked.json -k vendor.key", "licseal revoke renew revoked.json -k vendor.key --next-update 90d"},
		"revoke show":     {"licseal revoke show revoked.json -t vendor.key.pub", "licseal revoke show revoked.json -t vendor.key.pub A-1017"},
		"admin":           {"licseal admin list --url http://localhost:8001", "licseal admin push --url http://localhost:8001 -t vendor.key.pub licence.json"},
		"admin list":      {"licseal admin list --url http://localhost:8001", "licseal admin list --url http://localhost:8001 -t vendor.key.pub --json"},
		"admin get":       {"licseal admin get 3fa85f64 --url http://localhost:8001 >licence.json", "licseal admin get 3fa85f64 --url http://localhost:8001 --workspace shop"},
		"admin active":    {"licseal admin active --url http://localhost:8001 >licence.json"},
		"admin push":      {"licseal admin push --url http://localhost:8001 -t vendor.key.pub licence.json", "licseal admin push --url http://localhost:8001 --no-signature licence.json"},
		"admin add":       {"licseal admin add --url http://localhost:8001 -t vendor.key.pub licence.json", "licseal admin add --url http://localhost:8001 --no-signature licence.json"},
		"admin put":       {"licseal admin put 3fa85f64 --url http://gw:8001 -t vendor.key.pub licence.json", "licseal admin put 3fa85f64 --url http://gw:8001 --as-is backup.json"},
		"admin update":    {"licseal admin update 3fa85f64 --url http://gw:8001 -t vendor.key.pub new.json", "licseal admin update 3fa85f64 --url http://gw:8001 --as-is backup.json"},
		"admin delete":    {"licseal admin delete 3fa85f64 --url http://localhost:8001", "licseal admin delete 3fa85f64 --url http://localhost:8001 --workspace shop"},
		"admin validate":  {"licseal admin validate --url http://localhost:8001 licence.json", "licseal admin validate --url http://localhost:8001 <licence.json"},
		"admin report":    {"licseal admin report --url http://localhost:8001 licence.json", "licseal admin report --url http://localhost:8001 --json licence.json"},
		"help":            {"licseal help sign", "licseal help admin push"},
		"completion":      {"licseal completion zsh >~/.zfunc/_licseal", "licseal completion powershell | Out-String | Invoke-Expression"},
		"version":         {"licseal version", "licseal --version"},
		"trust check":     {"licseal trust check --trust-root root.json chain"},
		"trust combine":   {"licseal trust combine --after 1.json a.json b.json -o 2.json", "licseal trust combine --after trust/1.json copies/*.json -o trust/2.json"},
		"trust init":      {"licseal trust init --roots a.pub,b.pub,c.pub --threshold 2 -o 1.json"},
		"trust propose":   {"licseal trust propose 1.json -o 2.json"},
		"trust show":      {"licseal trust show 1.json", "licseal trust show --after 1.json --json 2.json"},
		"trust sign":      {"licseal trust sign -k root.key --after 1.json 2.json"},
	}
})

// addExamples adds the examples to the description of a command, whose name is path.
func addExamples(cmd *cli.Command, path string) {
	lines := examples()[path]
	if len(lines) == 0 {
		return
	}
	if cmd.Description != "" {
		cmd.Description += "\n\n"
	}
	cmd.Description += "Examples:\n\n  " + strings.Join(lines, "\n  ")
}
