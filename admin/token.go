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

// TokenHeader is the request header that carries the token, by Kong's name.
// "Authorization: Bearer …" is taken as well.
const TokenHeader = "Kong-Admin-Token"

// Token is what a client shows to be let in.
type Token struct {
	Name string // whose it is, for the history
	hash [sha256.Size]byte
}

// MinTokenLength is the length of the shortest token, in characters.
const MinTokenLength = 16

// NewToken returns a token. Only its SHA-256 is kept.
func NewToken(name, secret string) (Token, error) {
	if len(secret) < MinTokenLength {
		return Token{}, fmt.Errorf("the token has %d characters; make it %d or more, as with: openssl rand -hex 32", len(secret), MinTokenLength)
	}
	if strings.IndexFunc(secret, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }) >= 0 {
		return Token{}, errors.New("the token has a character that cannot stand in a request header; use letters and digits, as with: openssl rand -hex 32")
	}
	return Token{name, sha256.Sum256([]byte(secret))}, nil
}

// ParseTokens reads a file of tokens: one a line, after a name and a space where
// it has a name. Blank lines and lines that start with # are skipped. There is at
// least one. An error never has a token in it.
func ParseTokens(data []byte) ([]Token, error) {
	var tokens []Token
	for i, line := range strings.Split(string(data), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) > 2 {
			return nil, fmt.Errorf("line %d: has %d words; a line is a token, or a name and a token", i+1, len(words))
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
		return nil, errors.New("has no token: put one in, as with: openssl rand -hex 32")
	}
	return tokens, nil
}

type tokenKey struct{}

// RequireToken lets those requests through to next that carry one of the tokens,
// and answers 401 to all others. tokens is called for each request, so that they
// can change; if it returns none, nobody gets in. How long the comparison takes
// says nothing about the tokens.
func RequireToken(tokens func() []Token, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.Header.Get(TokenHeader)
		scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if shown == "" && strings.EqualFold(scheme, "Bearer") { // RFC 9110, section 11.1
			shown = bearer
		}
		token := match(tokens(), shown)
		if token == nil {
			message := "Unauthorized: the token is not known here"
			if shown == "" {
				message = "Unauthorized: a token is needed, in the header " + TokenHeader
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

// FindToken returns the token that was shown, if it is one of the tokens: for a
// handler beside this package's that answers in its own words.
func FindToken(tokens []Token, shown string) (token Token, ok bool) {
	if found := match(tokens, shown); found != nil {
		return *found, true
	}
	return Token{}, false
}

// match returns the token that was shown, nil if there is none. It looks at all
// of them, and at hashes, so that its time depends on their number only.
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

// who names the author of a request: the token's name, or the name of the client's
// certificate, and the address.
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
