package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"unicode"
)

// TokenHeader is the request header for the token, as Kong names it.
// "Authorization: Bearer …" is accepted too.
const TokenHeader = "Kong-Admin-Token"

// Token is a secret that a client sends to be authorized.
type Token struct {
	Name string // of its owner, for the history
	hash [sha256.Size]byte
}

// MinTokenLength is the minimum length of a token, in characters.
const MinTokenLength = 16

// NewToken returns a token. It keeps only the SHA-256 of the secret.
func NewToken(name, secret string) (Token, error) {
	if len(secret) < MinTokenLength {
		return Token{}, fmt.Errorf("the token has %d characters, and needs at least %d; make one with: openssl rand -hex 32", len(secret), MinTokenLength)
	}
	if strings.IndexFunc(secret, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }) >= 0 {
		return Token{}, errors.New("the token has a character that is not allowed in a request header; make one of letters and digits with: openssl rand -hex 32")
	}
	return Token{name, sha256.Sum256([]byte(secret))}, nil
}

// ParseTokens parses a file of tokens, one a line, optionally after a name and a
// space. Blank lines and lines that begin with # are skipped. It returns an error if
// there is no token. Errors never contain a token.
func ParseTokens(data []byte) ([]Token, error) {
	var tokens []Token
	for i, line := range strings.Split(string(data), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) > 2 {
			return nil, fmt.Errorf("line %d: found %d words; a line is a token, or a name and a token", i+1, len(words))
		}
		name := ""
		if len(words) == 2 {
			name = words[0]
		}
		token, err := NewToken(name, words[len(words)-1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, errors.New("no token found; make one with: openssl rand -hex 32")
	}
	return tokens, nil
}

type tokenKey struct{}

// RequireToken returns a handler that passes requests with one of the tokens to next,
// and answers all others with 401. tokens is called for each request, so that they
// can change; if it returns none, all requests are refused. The time that the
// comparison takes does not depend on the tokens.
func RequireToken(tokens func() []Token, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.Header.Get(TokenHeader)
		scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if shown == "" && strings.EqualFold(scheme, "Bearer") { // RFC 9110, section 11.1
			shown = bearer
		}
		token := match(tokens(), shown)
		if token == nil {
			message := "Unauthorized: the token is unknown"
			if shown == "" {
				message = "Unauthorized: send a token in the header " + TokenHeader
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			w.Write(encodeJSON(ErrorBody{Message: message}))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, token.Name)))
	})
}

// FindToken returns the token with the given secret, and whether there is one. It is
// for handlers of other APIs that answer in their own format.
func FindToken(tokens []Token, shown string) (token Token, ok bool) {
	if found := match(tokens, shown); found != nil {
		return *found, true
	}
	return Token{}, false
}

// match returns the token with the given secret, nil if there is none. It compares
// the hashes of all tokens, so that its time depends only on their number.
func match(tokens []Token, shown string) *Token {
	hash := sha256.Sum256([]byte(shown))
	var found *Token
	for i := range tokens {
		if subtle.ConstantTimeCompare(tokens[i].hash[:], hash[:]) == 1 {
			found = &tokens[i]
		}
	}
	return found
}

// who returns the author of a request: the name of the token or of the client
// certificate, and the network address.
func who(r *http.Request) string {
	name, _ := r.Context().Value(tokenKey{}).(string)
	if name == "" && r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if name == "" {
		return host
	}
	return printable(name) + " at " + host
}
