package admin

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// newID returns a random UUID: RFC 9562, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// parseID returns a UUID of any version in lower case, as ids are stored.
func parseID(s string) (id string, ok bool) {
	const shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) != len(shape) {
		return "", false
	}
	id = strings.ToLower(s)
	for i := range len(shape) {
		isHex := '0' <= id[i] && id[i] <= '9' || 'a' <= id[i] && id[i] <= 'f'
		if shape[i] == '-' && id[i] != '-' || shape[i] == 'x' && !isHex {
			return "", false
		}
	}
	return id, true
}
