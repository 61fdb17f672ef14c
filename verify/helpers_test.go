package verify_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"testing"
)

// derOf returns r and s in the form that crypto/ecdsa and OpenSSL take.
func derOf(rs []byte) []byte {
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:])})
	if err != nil {
		panic(err)
	}
	return der
}

func indented(tb testing.TB, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
