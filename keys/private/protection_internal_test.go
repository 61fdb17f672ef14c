package private

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// field returns a text with its length before it, as in the files of OpenSSH.
func field(text string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
}

// kdf returns the options of bcrypt.
func kdf(salt string, rounds uint32) string {
	return field(salt) + string(binary.BigEndian.AppendUint32(nil, rounds))
}

// Nobody is asked for the passphrase of a key that cannot be decrypted.
func TestProtection(t *testing.T) {
	const tag, block = "0123456789abcdef", "0123456789abcdef"
	for name, test := range map[string]struct {
		e  envelope
		ok bool
	}{
		"CTR":                    {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block)}, true},
		"GCM":                    {envelope{cipher: "aes256-gcm@openssh.com", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block), tag: []byte(tag)}, true},
		"a salt of one byte":     {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("s", 1)), private: []byte(block)}, true},
		"most rounds":            {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", maxRounds)), private: []byte(block)}, true},
		"more rounds":            {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", maxRounds+1)), private: []byte(block)}, false},
		"no rounds":              {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 0)), private: []byte(block)}, false},
		"no salt":                {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("", 16)), private: []byte(block)}, false},
		"no options":             {envelope{cipher: "aes256-ctr", private: []byte(block)}, false},
		"options that are cut":   {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16)[:11]), private: []byte(block)}, false},
		"options that are long":  {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16) + "x"), private: []byte(block)}, false},
		"a part of a block":      {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block + "x")}, false},
		"nothing private":        {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16))}, false},
		"a tag too much":         {envelope{cipher: "aes256-ctr", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block), tag: []byte(tag)}, false},
		"GCM without a tag":      {envelope{cipher: "aes256-gcm@openssh.com", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block)}, false},
		"GCM with a tag cut":     {envelope{cipher: "aes256-gcm@openssh.com", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block), tag: []byte(tag[1:])}, false},
		"blocks of ChaCha20":     {envelope{cipher: "chacha20-poly1305@openssh.com", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block[:8]), tag: []byte(tag)}, true},
		"a part of one of these": {envelope{cipher: "chacha20-poly1305@openssh.com", kdfOptions: []byte(kdf("salt", 16)), private: []byte(block[:7]), tag: []byte(tag)}, false},
	} {
		test.e.kdf = "bcrypt"
		p, err := test.e.protection()
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if test.ok && string(p.salt) == "" {
			t.Errorf("%s: no salt", name)
		}
		if more := strings.HasPrefix(name, "more"); err != nil && errors.Is(err, errFormat) == more {
			t.Errorf("%s: %v", name, err)
		}
	}
}
