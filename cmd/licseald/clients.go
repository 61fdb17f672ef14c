package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/urfave/cli/v2"
)

// clients says which client certificates are good.
type clients struct {
	authorities []*x509.Certificate
	pool        *x509.CertPool
	revoked     map[string]bool // by issuer and serial number
}

// loadClients reads what is required of client certificates. The files are read again
// when they change, and hold for open connections, too.
func (s *server) loadClients(c *cli.Context) (err error) {
	ca, crl := c.String("client-ca"), c.String("client-crl")
	if ca == "" {
		return nil
	}
	files, flags := smallFiles(ca), "--client-ca"
	if crl != "" {
		files, flags = append(files, watchedFile{crl, maxCRL}), flags+", --client-crl"
	}
	if s.access.clients, err = watch(s.watcher, s.clientParser(ca, crl), files...); err != nil {
		return fmt.Errorf("%s: %w", flags, err)
	}
	s.reload = append(s.reload, s.access.clients.reload)
	s.tls.ClientAuth = tls.RequireAndVerifyClientCert
	s.tls.ClientCAs = s.access.clients.get().pool
	s.tls.VerifyConnection = func(state tls.ConnectionState) error { return s.access.clients.get().check(state) }
	base := s.tls.Clone()
	s.tls.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		config := base.Clone()
		config.ClientCAs = s.access.clients.get().pool
		return config, nil
	}
	return s.loadClientScopes(c.String("client-scopes"))
}

// maxCRL is the maximum size of a file of CRLs in bytes.
const maxCRL = 16 << 20

// clientParser returns a func that parses the CA bundle, and the CRLs if there are any.
func (s *server) clientParser(ca, crl string) func([][]byte) (*clients, error) {
	return func(contents [][]byte) (*clients, error) {
		c := &clients{pool: x509.NewCertPool(), revoked: make(map[string]bool)}
		if err := c.addAuthorities(contents[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", ca, err)
		}
		if crl == "" {
			return c, nil
		}
		lists, err := parseCRLs(contents[1])
		for _, list := range lists {
			if err == nil {
				err = c.addRevoked(list)
			}
			if !list.NextUpdate.IsZero() && list.NextUpdate.Before(time.Now()) {
				s.log.Warn("a CRL is out of date; it stays in force", "file", crl, "issuer", list.Issuer.String(), "next_update", list.NextUpdate)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", crl, err)
		}
		return c, nil
	}
}

func (c *clients) addAuthorities(data []byte) error {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		c.authorities = append(c.authorities, certificate)
		c.pool.AddCert(certificate)
	}
	if len(c.authorities) == 0 {
		return errors.New("it has no certificate in PEM")
	}
	return nil
}

// parseCRLs parses CRLs in PEM, or one in DER.
func parseCRLs(data []byte) (lists []*x509.RevocationList, err error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		list, err := x509.ParseRevocationList(data)
		if err != nil {
			return nil, errors.New("it has no CRL in PEM or DER")
		}
		return []*x509.RevocationList{list}, nil
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			continue
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil, errors.New("it has no CRL in PEM or DER")
	}
	return lists, nil
}

// addRevoked adds what a CRL revokes. A CA of the bundle must have signed it.
func (c *clients) addRevoked(list *x509.RevocationList) error {
	if !slices.ContainsFunc(c.authorities, func(ca *x509.Certificate) bool {
		return bytes.Equal(ca.RawSubject, list.RawIssuer) && list.CheckSignatureFrom(ca) == nil
	}) {
		return fmt.Errorf("the CRL of %s is not signed by a certificate in --client-ca", list.Issuer)
	}
	for _, entry := range list.RevokedCertificateEntries {
		c.revoked[string(list.RawIssuer)+entry.SerialNumber.String()] = true
	}
	return nil
}

// check returns an error if a connection has no chain of certificates that is good now.
// The TLS handshake has verified the chains.
func (c *clients) check(state tls.ConnectionState) error {
	err := errors.New("the client certificate is not from a CA that is trusted")
	for _, chain := range state.VerifiedChains {
		if !slices.ContainsFunc(c.authorities, chain[len(chain)-1].Equal) {
			continue
		}
		if !slices.ContainsFunc(chain, c.isRevoked) {
			return nil
		}
		err = errors.New("the client certificate is revoked")
	}
	return err
}

func (c *clients) isRevoked(certificate *x509.Certificate) bool {
	return c.revoked[string(certificate.RawIssuer)+certificate.SerialNumber.String()]
}

// clientScopes are scopes of client certificates, by subject.
type clientScopes map[string][]admin.Scope

// loadClientScopes reads the file of scopes, and reads it again when it changes.
func (s *server) loadClientScopes(path string) (err error) {
	if path == "" {
		return nil
	}
	parse := func(contents [][]byte) (clientScopes, error) {
		scopes, err := parseClientScopes(contents[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return scopes, nil
	}
	if s.access.clientScopes, err = watch(s.watcher, parse, smallFiles(path)...); err != nil {
		return fmt.Errorf("--client-scopes: %w", err)
	}
	s.access.clientScopes.ifGone = new(clientScopes)
	s.reload = append(s.reload, s.access.clientScopes.reload)
	return nil
}

// parseClientScopes parses lines of scopes and a subject, such as
// "read,metrics CN=monitoring,O=Example". Blank lines and lines that begin with # are
// skipped.
func parseClientScopes(data []byte) (clientScopes, error) {
	scopes := make(clientScopes)
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words, subject, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("line %d: a line is SCOPES SUBJECT", i+1)
		}
		parsed, err := admin.ParseScopes(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		subject = strings.TrimSpace(subject)
		scopes[subject] = append(scopes[subject], parsed...)
	}
	if len(scopes) == 0 {
		return nil, fmt.Errorf("%w: a line is SCOPES SUBJECT, such as read,metrics CN=monitoring,O=Example", errNothing)
	}
	return scopes, nil
}
