package keys_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
)

// What ParseTrusted accepts, written again line by line, parses to the same keys.
func FuzzParseTrusted(f *testing.F) {
	f.Add([]byte(keytest.PublicLine(f, keytest.EdKey(1).Public(), "a name") + "# comment\r\n" + keytest.PublicPEM(f, keytest.ECKey(2).Public())))
	f.Add([]byte(keytest.PublicLine(f, keytest.ECKey(1).Public(), "") + "\t" + keytest.PublicPEM(f, keytest.EdKey(2).Public())))
	f.Add([]byte("alice@example.com valid-after=\"20260101Z\" " + keytest.PublicLine(f, keytest.EdKey(1).Public(), "")))
	f.Add([]byte("\"a  b\",!c namespaces=\"x,lic*\",valid-before=\"203001011200Z\" " + keytest.PublicLine(f, keytest.EdKey(1).Public(), "")))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := keys.ParseTrusted("", data)
		if err != nil {
			return
		}
		var again []byte
		for _, key := range want {
			if key.Principals == nil {
				again = append(again, keytest.PublicLine(t, key.Key, key.Name)...)
				continue
			}
			file, err := keys.ParseTrustedFile("", again)
			if err != nil {
				t.Fatal(err)
			}
			if err := file.Add(key); err != nil {
				t.Fatal(err)
			}
			again = file.Bytes()
		}
		got, err := keys.ParseTrusted("", again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-first +again)\n%s", diff)
		}
	})
}

// What is done to one key of a file is done to no other.
func FuzzEditTrusted(f *testing.F) {
	one, two := keytest.PublicLine(f, keytest.EdKey(1).Public(), "one"), keytest.PublicLine(f, keytest.ECKey(2).Public(), "")
	f.Add([]byte(one + "# comment\r\n" + keytest.PublicPEM(f, keytest.ECKey(2).Public())))
	f.Add([]byte("a valid-before=\"20260101Z\" " + one + "\"a b\"\tvalid-after=\"20270101Z\" " + one + two))
	f.Add([]byte("a namespaces=\"git\" " + one + "a namespaces=\"licseal\" " + one + two))
	f.Add([]byte("a namespaces=\"git\" ssh-rsa AAAA\na valid-before=\"20260101Z\" " + one + "a valid-after=\"20400101Z\" " + one))
	at := utc(2030, 1, 1, 0, 0, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := keys.ParseTrustedFile("", data)
		if err != nil {
			return
		}
		for _, e := range file.Entries() {
			id := licseal.KeyID(e.Key.Key)
			if id == "" {
				continue // of another kind, and for other things
			}
			others := func(file *keys.TrustedFile) (found []licseal.TrustedKey) {
				for _, other := range file.Entries() {
					if licseal.KeyID(other.Key.Key) != id {
						found = append(found, other.Key)
					}
				}
				return found
			}
			removed, _ := keys.ParseTrustedFile("", data)
			if err := removed.Remove(id); err != nil || len(removed.Entries()) != len(others(file)) {
				t.Errorf("removed: %v, %v", removed.Entries(), err)
			}
			retired, _ := keys.ParseTrustedFile("", data)
			if err := retired.Retire(at, []string{"issuer"}, id); err == nil {
				for _, key := range retired.Entries() {
					if licseal.KeyID(key.Key.Key) == id && key.ForLicenses && (key.Key.ValidBefore.IsZero() || key.Key.ValidBefore.After(at)) {
						t.Errorf("not retired: %+v", key)
					}
				}
			} else if string(retired.Bytes()) != string(data) {
				t.Errorf("changed beside an error: %v", err)
			}
			for _, file := range []*keys.TrustedFile{removed, retired} {
				if diff := cmp.Diff(others(mustParse(t, data)), others(file)); diff != "" {
					t.Errorf("(-before +after)\n%s", diff)
				}
			}
		}
	})
}

func mustParse(t *testing.T, data []byte) *keys.TrustedFile {
	t.Helper()
	file, err := keys.ParseTrustedFile("", data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
