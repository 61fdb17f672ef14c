package main

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/secretforms"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// secretLines are command lines with all the files that a command reads. Each file
// is given by mistake for a secret, one after the other.
var secretLines = []string{
	"keygen -o new --passphrase-file pass",
	"pubkey --passphrase-file pass vendor.key",
	"sign -k vendor.key --passphrase-file pass --schema schema.json payload.json",
	"sign -k vendor.key payload.json",
	"sign -k vendor.key --from payload.json --set customer=x",
	"sign -k vendor.key --batch rows.csv --from payload.json",
	"sign -k vendor.key --batch rows.csv --from payload.json --schema schema.json -o out --rejects rejects --force",
	"sign -k vendor.key --batch rows.csv --from payload.json --out-dir dir --out-name {license_key}.json",
	"verify -t vendor.pub -t list.pub --revocations list.json --state state.json --schema schema.json licence.json",
	"verify --json -t vendor.pub licence.json",
	"verify -t vendor.pub -t list.pub --batch --revocations list.json --state state.json licence.json",
	"merge licence.json licence.json",
	"merge -o out --rejects rejects licence.json",
	"renew -k vendor.key --passphrase-file pass -t vendor.pub -t list.pub --revocations list.json --schema schema.json --expires +9d licence.json",
	"diff licence.json payload.json",
	"diff --json -t vendor.pub --schema schema.json licence.json licence.json",
	"trust list trusted.keys",
	"trust list --json trusted.keys",
	"trust list -t vendor.pub",
	"trust add trusted.keys list.pub --issuer x",
	"trust retire trusted.keys vendor.pub --issuer x",
	"trust remove trusted.keys vendor.pub --revocations list.json",
	"trust init --roots root.pub --threshold 1 --add vendor.pub",
	"trust propose trust.json --add list.pub --retire vendor.pub --remove vendor.pub --add-root list.pub --remove-root root.pub",
	"trust sign -y -k root.key --passphrase-file pass --after trust.json --record record next.json",
	"trust combine --after trust.json next.json",
	"trust show --after trust.json next.json",
	"trust show --json --after trust.json next.json",
	"trust check --trust-root trust.json --state state.json trust.json",
	"verify --trust-root trust.json --trust-chain trust.json licence.json",
	"check --trust-root trust.json --trust-chain trust.json licence.json",
	"revoke new new.json -k vendor.key --passphrase-file pass",
	"revoke new list.json -k vendor.key",
	"revoke add list.json -k list.key --passphrase-file pass -t list.pub --ids ids.txt --licence licence.json --signing-key vendor.pub --schema schema.json",
	"revoke remove list.json -k list.key --passphrase-file pass -t list.pub --ids ids.txt --licence licence.json --signing-key vendor.pub --schema schema.json",
	"revoke renew list.json -k list.key --passphrase-file pass -t list.pub",
	"revoke show list.json -t list.pub LS-1",
	"revoke show --json list.json -t list.pub",
	"revoke new --list list.json -k vendor.key",
	"revoke add --list list.json -k list.key --ids ids.txt",
	"revoke remove --list list.json -k list.key --ids ids.txt",
	"revoke renew --list list.json -k list.key",
	"revoke show --list list.json",
	"register new payload.json",
	"register list --register pass --issued-by vendor.pub --recorded-before rows.csv",
	"register show --register pass LS-1",
	"register verify --register pass --since pass --with pass",
	"register new payload.json --after pass",
	"register import --register pass -t vendor.pub --schema schema.json licence.json",
	"register audit --register pass -t vendor.pub --revocations list.json --schema schema.json --orders rows.csv",
	"register page --register pass",
	"register export --register pass --issued-by vendor.pub --recorded-before rows.csv",
	"register copy --register pass payload.json",
	"revoke add list.json -k list.key --register pass LS-1",
	"revoke remove list.json -k list.key --register pass LS-1",
	"sign -k vendor.key --register pass payload.json",
	"renew licence.json --extend +1y -t vendor.pub -k vendor.key --register pass",
	"renew --batch --keep-expiry -t vendor.pub -k vendor.key --register pass --issued-by vendor.pub --recorded-before rows.csv",
	"state new state.json",
	"state show state.json",
	"state reset state.json",
	"check -t vendor.pub -t list.pub --revocations list.json --state state.json --schema schema.json --policy policy.yaml licence.json",
	"check --no-signature licence.json",
	"check --no-signature --json licence.json",
	"check --no-signature --format github licence.json",
	"check --no-signature --format junit licence.json",
	"check --no-signature --format sarif licence.json",
	"check --no-signature --format prometheus licence.json",
	"check --no-signature --fix -o out licence.json",
	"check --no-signature --show-secrets licence.json",
	"check --no-signature --namespace-dump dump.yaml",
	"check --no-signature --effective --root root",
	"check --no-signature --effective --root root --admin-url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key",
	"inspect --schema schema.json licence.json",
	"conformance --part revocations --expected known.txt -- no-such-client",
	"verify --profile profile.yaml licence.json",
	"plans --profile profile.yaml",
	"config --profile profile.yaml",
	"init --schema schema.json -k vendor.key -t vendor.pub --revocations list.json --force",
	"config approve profile.yaml",
	"canonical licence.json",
	"page -t vendor.pub --schema schema.json -o out --force",
	"page --trust-root trust.json --trust-chain trust.json -o out --force",
	"payload licence.json",
	"payload --as k8s-secret licence.json",
	"payload --as dotenv licence.json",
	"schema init payload.json",
	"schema init --id-field x rows.csv",
	"schema check schema.json",
	"schema kong payload.json",
	"schema schema.json payload.json",
	"schema revocation-list list.json",
	"admin list --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key -t vendor.pub --revocations list.json --schema schema.json",
	"admin get x --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key",
	"admin active --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key",
	"admin push --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key -t vendor.pub -t list.pub --revocations list.json --policy policy.yaml --schema schema.json licence.json",
	"admin add --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key -t vendor.pub -t list.pub --revocations list.json --policy policy.yaml --schema schema.json licence.json",
	"admin put x --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key -t vendor.pub -t list.pub --revocations list.json --policy policy.yaml --schema schema.json licence.json",
	"admin update x --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key -t vendor.pub -t list.pub --revocations list.json --policy policy.yaml --schema schema.json licence.json",
	"admin delete x --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key",
	"admin validate --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key licence.json",
	"admin report --url https://127.0.0.1:1 --token-file pass --ca ca.pem --cert ca.pem --cert-key ca.key --schema schema.json licence.json",
}

// secretFixtures returns the files of secretLines, as they should be.
func secretFixtures(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{
		"pass":         "passphrase\n",
		"payload.json": `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2999-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`,
		"rows.csv":     "license_key,customer\nLS-1,Anna\nLS-2,Bob\n",
		"ids.txt":      "LS-1\nLS-2\n",
		"known.txt":    "trust/*\n",
		"policy.yaml":  "min_remaining: 1d\n",
		"profile.yaml": "schema: schema.json\ntrust: vendor.pub\n",
		"schema.json":  `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","x-licseal":{"roles":{"id":"/license_key","not_before":"/license_creation_date","not_after":"/license_expiration_date"}}}`,
		"dump.yaml":    "apiVersion: v1\nkind: List\nitems: []\n",
	}
	for name, key := range map[string]ed25519.PrivateKey{"vendor": testKey(1), "list": testKey(2), "root": testKey(3)} {
		text, err := private.MarshalUnencrypted(key, name)
		if err != nil {
			t.Fatal(err)
		}
		public, err := keys.MarshalPublic(key.Public(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name+".key"], files[name+".pub"] = string(text), string(public)
	}
	files["trusted.keys"] = files["vendor.pub"]
	files["trust.json"], files["next.json"] = trustFixtures(t)
	files["record"] = strings.Join([]string{"key", "previous", "digest\n"}, " ")
	files["ca.pem"], files["ca.key"] = secretforms.Certificate(t)
	payload, err := licseal.ParsePayload([]byte(files["payload.json"]))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	list, err := revoke.Sign(revoke.New(now(), now().AddDate(0, 1, 0)), testKey(2))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state")
	if err := state.Create(path, verify.Memory{Latest: now()}); err != nil {
		t.Fatal(err)
	}
	files["licence.json"], files["list.json"], files["state.json"] = lic.String(), list.String(), string(mustRead(t, path))
	files["root"+check.DefaultPath] = lic.String()
	return files
}

// trustFixtures returns a chain with the root that is key 3, and a document that it has
// not signed yet.
func trustFixtures(t *testing.T) (signed, next string) {
	t.Helper()
	contents := &trust.Contents{
		Generation: 1, Issued: now().Add(-time.Hour), Threshold: 1, Roots: []trust.Root{{Key: testKey(3).Public()}},
		Keys: []licseal.TrustedKey{{Key: testKey(1).Public(), Principals: []string{"vendor"}}},
	}
	d, err := trust.New(contents)
	if err == nil {
		d, err = trust.Sign(nil, d, testKey(3))
	}
	if err != nil {
		t.Fatal(err)
	}
	after, err := trust.New(d.Next(now()))
	if err != nil {
		t.Fatal(err)
	}
	return d.String(), after.String()
}

// mistake is one command line in which a file is given by mistake.
type mistake struct {
	place string // the command, and the flag or argument
	args  []string
}

// mistakes returns a mistake for every place of the lines in which a file is read. The
// file has the name given.
func mistakes(files map[string]string, name string) []mistake {
	var all []mistake
	seen := map[string]bool{}
	for _, line := range secretLines {
		words := strings.Fields(line)
		command := words[0]
		if !strings.HasPrefix(words[1], "-") && files[words[1]] == "" {
			command += " " + words[1]
		}
		for i, word := range words {
			if files[word] == "" {
				continue
			}
			place := command + " " + words[i-1]
			if !strings.HasPrefix(words[i-1], "-") || i == len(words)-1 {
				place = line + " " + word // each form of output of what is an argument
			}
			if !seen[place] {
				seen[place] = true
				args := slices.Clone(words)
				args[i] = name
				all = append(all, mistake{place, args})
			}
		}
	}
	return all
}

// captured runs a command line and returns its exit code and its output.
func captured(t *testing.T, args []string) (code int, stdout, stderr string) {
	t.Helper()
	oldOut, oldErr := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = oldOut, oldErr }()
	var texts [2]string
	var streams [2]*os.File
	for i, name := range []string{"stdout", "stderr"} {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		streams[i] = f
	}
	os.Stdout, os.Stderr = streams[0], streams[1]
	code = run(append([]string{"licseal"}, args...))
	for i, f := range streams {
		f.Close()
		texts[i] = string(mustRead(t, f.Name()))
	}
	return code, texts[0], texts[1]
}

// No output shows six bytes of a secret that is given in place of another file, in
// whatever form it is, and in the place of whatever file.
func TestNoSecretIsShown(t *testing.T) {
	t.Chdir(testenv.QuickDir(t))
	t.Setenv("SSH_AUTH_SOCK", "")
	files, secrets := secretFixtures(t), secretforms.All(t)
	reset := func() {
		for name, text := range files {
			if now, err := os.ReadFile(name); err == nil && string(now) == text {
				continue
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	part := testenv.Rounds(40, 1) // one in so many is tried: each form and each place
	names := slices.Sorted(maps.Keys(secrets))
	all := mistakes(files, "secret")
	for n, name := range names {
		secret := secrets[name]
		shown := secret.Needles()
		for i, m := range all {
			if (i+n)%part != 0 {
				continue
			}
			reset()
			if err := os.WriteFile("secret", secret.Text, 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := captured(t, m.args)
			output := stderr
			if code != exitOK || !secret.IsJSON() { // a document is printed by who is asked to
				output += stdout
			}
			if i := slices.IndexFunc(shown, func(needle string) bool { return strings.Contains(output, needle) }); i >= 0 {
				t.Errorf("%s, in %s (exit %d), shows %q:\n%s", name, strings.Join(m.args, " "), code, shown[i], output)
			}
		}
	}
}

// The lines of secretLines have every place in which a command reads a file.
func TestSecretLinesAreComplete(t *testing.T) {
	files := secretFixtures(t)
	noFiles := []string{"demo", "page", "version", "check --root"}
	for command, cmd := range leaves(newApp().Commands) {
		for _, p := range places(cmd) {
			if p.use == writes || slices.Contains(noFiles, strings.TrimSpace(command+" "+p.flag)) {
				continue
			}
			if p.flag == "--profile" && command != "verify" {
				continue // useSettings reads it for all commands
			}
			found := slices.ContainsFunc(mistakes(files, "secret"), func(m mistake) bool {
				line := strings.Join(m.args, " ")
				if p.flag != "" {
					return strings.HasPrefix(line, command+" ") && strings.Contains(line, " "+p.flag+" secret")
				}
				return strings.HasPrefix(line, command+" ")
			})
			if !found {
				t.Errorf("no line gives %s of %s", cmp.Or(p.flag, "an argument"), command)
			}
		}
	}
}
