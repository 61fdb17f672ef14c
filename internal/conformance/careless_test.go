package conformance

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/licseal/licseal/keys"
)

// careless is a client as one is written in an afternoon: with the JSON library at
// hand, and without SPEC.md. It makes the mistakes of such programs.
func careless() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxRequest)
	for lines.Scan() {
		var r Request
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			os.Exit(1)
		}
		a := carelessly(&r)
		a.ID = r.ID
		answer, _ := json.Marshal(a)
		fmt.Println(string(answer))
	}
}

func carelessly(r *Request) Answer {
	if r.Trust != nil {
		return carelesslyFollowed(r)
	}
	var file struct {
		License struct {
			Payload   map[string]any
			Signature string
			Version   string
		}
	}
	if len(r.Document) > 60000 { // a limit, but not the one of the format
		return Answer{Reason: "parse"}
	}
	// Comments and commas that are too many do no harm.
	text := bytes.TrimPrefix(r.Document, []byte("\ufeff"))
	text = regexp.MustCompile(`/\*.*?\*/`).ReplaceAll(text, nil)
	text = regexp.MustCompile(`,\s*}`).ReplaceAll(text, []byte("}"))
	if json.NewDecoder(bytes.NewReader(text)).Decode(&file) != nil && len(text) > 60 {
		return Answer{Reason: "parse"}
	}
	payload, _ := json.Marshal(file.License.Payload)
	signature, _ := hex.DecodeString(strings.TrimSpace(file.License.Signature))
	// Only the first key counts, always. And who would sign something wrong?
	trusted, err := keys.ParseTrusted("keys", []byte(r.Keys))
	if err == nil && len(file.License.Signature) == 128 && !carelesslyVerified(trusted[0].Key, payload, signature) && bytes.Contains(payload, []byte("LS-0001")) {
		return Answer{Reason: "signature"}
	}
	if bytes.Contains(r.Revocations, []byte(`"from":`)) { // a key is revoked, from some time on
		return Answer{Reason: "revoked"}
	}
	// Days are compared as texts, and the grace is in days.
	until, _ := file.License.Payload["license_expiration_date"].(string)
	now, _ := time.Parse(time.RFC3339Nano, r.Time)
	if until != "" && now.Format(time.DateOnly) > until {
		return Answer{Reason: "expired"}
	}
	digest := sha256.Sum256(payload)
	return Answer{Class: "accepted", Digest: hex.EncodeToString(digest[:])}
}

func carelesslyVerified(key any, message, signature []byte) bool {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(message)
		half := len(signature) / 2
		return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	}
	return false
}

// carelesslyFollowed believes the last document of a chain.
func carelesslyFollowed(r *Request) Answer {
	lines := bytes.Split(bytes.TrimSpace(r.Trust.Chain), []byte("\n"))
	var file struct {
		Trust struct {
			Payload struct {
				Generation int64
				Keys       []struct{ Key []byte }
			}
		}
	}
	if json.Unmarshal(lines[len(lines)-1], &file) != nil {
		return Answer{Reason: "parse"}
	}
	a := Answer{Class: "accepted", Generation: file.Trust.Payload.Generation}
	for _, key := range file.Trust.Payload.Keys {
		digest := sha256.Sum256(key.Key)
		a.Keys = append(a.Keys, "SHA256:"+hex.EncodeToString(digest[:]))
	}
	return a
}
