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
	Name   string  // of its owner, for the history
	Scopes []Scope // what the client may do
	hash   [sha256.Size]byte
}

// MinTokenLength is the minimum length of a token, in characters.
const MinTokenLength = 16

// ErrNoTokens is in the error about a file without tokens.
var ErrNoTokens = errors.New("no token found")

// NewToken returns a token, with [AdminScopes] if no scopes are given. It keeps only the
// SHA-256 of the secret.
func NewToken(name, secret string, scopes ...Scope) (Token, error) {
	if len(secret) < MinTokenLength {
		return Token{}, fmt.Errorf("the token has %d characters, and needs at least %d; make one with: openssl rand -hex 32", len(secret), MinTokenLength)
	}
	if strings.IndexFunc(secret, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }) >= 0 {
		return Token{}, errors.New("the token has a character that is not allowed in a request header; make one of letters and digits with: openssl rand -hex 32")
	}
	if len(scopes) == 0 {
		scopes = AdminScopes()
	}
	return Token{name, scopes, sha256.Sum256([]byte(secret))}, nil
}

// ParseTokens parses a file of tokens. A line is a token, or a name and a token, or a
// name, a token and its scopes, separated by commas. Tokens without scopes get those
// given, or [AdminScopes] if there are none. Blank lines and lines that begin with # are
// skipped. The error is [ErrNoTokens] if there is no token. Errors never contain a token.
func ParseTokens(data []byte, scopes ...Scope) ([]Token, error) {
	var tokens []Token
	for i, line := range strings.Split(string(data), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		token, err := parseToken(words, scopes)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%w; make one with: openssl rand -hex 32", ErrNoTokens)
	}
	return tokens, nil
}

func parseToken(words []string, scopes []Scope) (Token, error) {
	switch len(words) {
	case 1:
		return NewToken("", words[0], scopes...)
	case 2:
		return NewToken(words[0], words[1], scopes...)
	case 3:
		scopes, err := ParseScopes(words[2])
		if err != nil {
			return Token{}, err
		}
		return NewToken(words[0], words[1], scopes...)
	}
	return Token{}, fmt.Errorf("found %d words; a line is TOKEN, NAME TOKEN, or NAME TOKEN SCOPES", len(words))
}

type tokenKey struct{}

// RequireToken is [RequireScope] for the Admin API.
func RequireToken(tokens func() []Token, next http.Handler) http.Handler {
	return RequireScope(tokens, RequestScope, next)
}

// RequireScope returns a handler that passes requests to next if they have one of the
// tokens and it has the scope that they need. It answers 401 without a token, and 403
// without the scope. tokens is called for each request, so that they can change; if it
// returns none, all requests are refused. The time that the comparison takes does not
// depend on the tokens.
func RequireScope(tokens func() []Token, needs func(*http.Request) Scope, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := shownToken(r)
		token := match(tokens(), shown)
		if token == nil {
			message := "Unauthorized: the token is unknown"
			if shown == "" {
				message = "Unauthorized: send a token in the header " + TokenHeader
			}
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, message)
			return
		}
		if scope := needs(r); !HasScope(token.Scopes, scope) {
			refuse(w, http.StatusForbidden, "Forbidden: the token does not have the scope "+string(scope))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, token)))
	})
}

// TokenOf returns the token that [RequireScope] has accepted for a request, nil if there
// is none.
func TokenOf(r *http.Request) *Token {
	token, _ := r.Context().Value(tokenKey{}).(*Token)
	return token
}

// shownToken returns the token of a request, "" if it has none.
func shownToken(r *http.Request) string {
	shown := r.Header.Get(TokenHeader)
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if shown == "" && strings.EqualFold(scheme, "Bearer") { // RFC 9110, section 11.1
		shown = bearer
	}
	return shown
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(encodeJSON(ErrorBody{Message: message}))
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

// maxWho is the maximum length of the name of an author in the history, in bytes.
const maxWho = 500

// who returns the author of a request: the name of the token or the subject of the client
// certificate, and the network address.
func who(r *http.Request) string {
	name := ""
	if token := TokenOf(r); token != nil {
		name = token.Name
	}
	if name == "" && r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.String()
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if name == "" {
		return host
	}
	return cutText(name, maxWho) + " at " + host
}
