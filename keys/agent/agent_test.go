//go:build unix

package agent_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys/agent"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
	"golang.org/x/crypto/ssh"
	sshagent "golang.org/x/crypto/ssh/agent"
)

// startAgent starts a real ssh-agent and returns its socket.
func startAgent(t *testing.T) string {
	t.Helper()
	testenv.Programs(t, "ssh-agent", "ssh-add", "ssh-keygen")
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil { // it says so when it listens
		t.Fatal(err)
	}
	return socket
}

// sshAdd runs ssh-add with an sshagent. answer is what it gets to hear when it asks.
func sshAdd(t *testing.T, socket, answer string, args ...string) {
	t.Helper()
	ask := filepath.Join(t.TempDir(), "ask")
	if err := os.WriteFile(ask, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ssh-add", args...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket, "SSH_ASKPASS="+ask, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add %q: %v\n%s", args, err, out)
	}
}

// addKey writes a key file and adds it to an sshagent.
func addKey(t *testing.T, socket string, key crypto.Signer, comment string) {
	t.Helper()
	text, err := private.MarshalUnencrypted(key, comment)
	if err != nil {
		t.Fatal(err)
	}
	sshAdd(t, socket, "", "-q", keytest.WriteFile(t, text))
}

func dial(t *testing.T, socket string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func agentPayload(t *testing.T) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(`{"license_creation_date":"2026-01-01","license_expiration_date":"2999-01-01","license_key":"LS-0001"}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A real ssh-agent signs licences. With Ed25519 they are those of the key file.
func TestAgentSigns(t *testing.T) {
	socket := startAgent(t)
	ed, ec := keytest.EdKey(1), keytest.ECKey(2)
	addKey(t, socket, ed, "issuing 2026")
	addKey(t, socket, ec, "token")
	payload := agentPayload(t)
	for _, test := range []struct {
		key  crypto.Signer
		name string
	}{{ed, "issuing 2026"}, {ed, licseal.KeyID(ed.Public())}, {ec, "token"}, {ec, licseal.KeyID(ec.Public())}} {
		signer, err := agent.Signer(dial(t, socket), test.name)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // half of all ECDSA signatures have a high s
			lic, err := sign.License(payload, signer)
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if _, err := verify.License([]byte(lic.String()), []licseal.TrustedKey{{Key: test.key.Public()}}, nil); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if _, isEd := test.key.(ed25519.PrivateKey); isEd {
				own, err := sign.License(payload, test.key)
				if err != nil {
					t.Fatal(err)
				}
				keytest.CheckSame(t, own.String(), lic.String())
			}
		}
	}
}

// What can go wrong with a real agent is said.
func TestAgentRefuses(t *testing.T) {
	socket := startAgent(t)
	find := func(name string) string {
		_, err := agent.Signer(dial(t, socket), name)
		return keytest.Message(err)
	}
	const none = "the agent holds no keys, or is locked: ssh-add FILE adds one, ssh-add -X unlocks it"
	keytest.CheckSame(t, none, find("a"))

	one, two := keytest.EdKey(1), keytest.EdKey(2)
	addKey(t, socket, one, "one")
	keytest.CheckSame(t, `no key "two" in the agent, which holds 1: ssh-add -l lists them`, find("two"))
	addKey(t, socket, two, "one")
	keytest.CheckSame(t, `two keys in the agent have the comment "one": name one by its fingerprint, `+licseal.KeyID(one.Public())+" or "+licseal.KeyID(two.Public()), find("one"))
	keytest.CheckSame(t, "accepted", find(licseal.KeyID(two.Public())))

	rsaFile := filepath.Join(t.TempDir(), "rsa")
	keytest.Program(t, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "rsa", "-f", rsaFile)
	sshAdd(t, socket, "", "-q", rsaFile)
	keytest.CheckSame(t, `key type ssh-rsa is not supported: expected ssh-ed25519 or ecdsa-sha2-nistp256`, find("rsa"))

	signer, err := agent.Signer(dial(t, socket), licseal.KeyID(one.Public()))
	if err != nil {
		t.Fatal(err)
	}
	sshAdd(t, socket, "let me in", "-x")
	keytest.CheckSame(t, none, find(licseal.KeyID(one.Public())))
	_, err = sign.License(agentPayload(t), signer) // found before it was locked
	if want := "the agent did not sign with " + licseal.KeyID(one.Public()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a locked agent: %v", err)
	}
	sshAdd(t, socket, "let me in", "-X")
	if _, err := sign.License(agentPayload(t), signer); err != nil {
		t.Errorf("unlocked: %v", err)
	}
	sshAdd(t, socket, "", "-q", "-D")
	if _, err := sign.License(agentPayload(t), signer); err == nil {
		t.Error("signed with a key that the agent no longer holds")
	}
}

// fakeAgent answers as no ssh-agent would.
type fakeAgent struct {
	sshagent.Agent
	keys []*sshagent.Key
	sign func(data []byte) (*ssh.Signature, error)
}

func (f fakeAgent) List() ([]*sshagent.Key, error) { return f.keys, nil }

func (f fakeAgent) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) { return f.sign(data) }

func serve(t *testing.T, a sshagent.Agent) io.ReadWriter {
	t.Helper()
	here, there := net.Pipe()
	go sshagent.ServeAgent(a, there)
	t.Cleanup(func() { here.Close(); there.Close() })
	return here
}

func held(t *testing.T, pub crypto.PublicKey) *sshagent.Key {
	t.Helper()
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return &sshagent.Key{Format: key.Type(), Blob: key.Marshal(), Comment: "key"}
}

// A signature that an agent returns is believed only if it verifies, whatever it is.
func TestHostileAgent(t *testing.T) {
	key := keytest.EdKey(1)
	for _, test := range []struct {
		name string
		pub  crypto.PublicKey
		sig  *ssh.Signature
		err  error
	}{
		{"of another key", key.Public(), &ssh.Signature{Format: "ssh-ed25519", Blob: ed25519.Sign(keytest.EdKey(2), []byte("x"))}, nil},
		{"empty", key.Public(), &ssh.Signature{Format: "ssh-ed25519"}, nil},
		{"ECDSA, no numbers", keytest.ECKey(1).Public(), &ssh.Signature{Format: "ecdsa-sha2-nistp256", Blob: []byte("x")}, nil},
		{"ECDSA, huge", keytest.ECKey(1).Public(), &ssh.Signature{Format: "ecdsa-sha2-nistp256", Blob: append([]byte{0, 0, 1, 0, 1}, make([]byte, 600)...)}, nil},
		{"ECDSA, zeros", keytest.ECKey(1).Public(), &ssh.Signature{Format: "ecdsa-sha2-nistp256", Blob: make([]byte, 8)}, nil},
		{"refused", key.Public(), nil, errors.New("no")},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn := serve(t, fakeAgent{keys: []*sshagent.Key{held(t, test.pub)}, sign: func([]byte) (*ssh.Signature, error) { return test.sig, test.err }})
			signer, err := agent.Signer(conn, "key")
			if err != nil {
				t.Fatal(err)
			}
			if lic, err := sign.License(agentPayload(t), signer); err == nil || lic != nil {
				t.Errorf("signed: %v", lic)
			}
		})
	}
}

// Nor is a good signature that is said to be of another format.
func TestAgentSignsInAnotherFormat(t *testing.T) {
	conn := serve(t, fakeAgent{keys: []*sshagent.Key{held(t, keytest.EdKey(1).Public())}, sign: func(data []byte) (*ssh.Signature, error) {
		return &ssh.Signature{Format: "ssh-rsa", Blob: ed25519.Sign(keytest.EdKey(1), data)}, nil
	}})
	signer, err := agent.Signer(conn, "key")
	if err != nil {
		t.Fatal(err)
	}
	_, err = sign.License(agentPayload(t), signer)
	if want := `the agent signed in the format "ssh-rsa": expected ssh-ed25519`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Keys that sign something else than what they are given are refused by name.
func TestAgentKeysOfOtherKinds(t *testing.T) {
	blob := func(keyType string) []byte { return ssh.Marshal(struct{ Type, Rest string }{keyType, "x"}) }
	for keyType, want := range map[string]string{
		"sk-ssh-ed25519@openssh.com":       `key type "sk-ssh-ed25519@openssh.com" is not supported: a FIDO key signs more than the message, so it cannot sign a licence`,
		"ssh-ed25519-cert-v01@openssh.com": `key type "ssh-ed25519-cert-v01@openssh.com" is not supported: name the key itself, not its certificate`,
		"ecdsa-sha2-nistp384":              `key type ecdsa-sha2-nistp384 is not supported: expected ssh-ed25519 or ecdsa-sha2-nistp256`,
	} {
		conn := serve(t, fakeAgent{keys: []*sshagent.Key{{Format: keyType, Blob: blob(keyType), Comment: "key"}}})
		_, err := agent.Signer(conn, "key")
		keytest.CheckSame(t, want, keytest.Message(err))
	}
	// What answers is no sshagent.
	_, err := agent.Signer(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(nil), io.Discard}, "key")
	if err == nil || !strings.HasPrefix(err.Error(), "asking the agent for its keys: ") {
		t.Errorf("got %v", err)
	}
}

// A digest is signed by no sshagent.
func TestAgentTakesNoDigest(t *testing.T) {
	conn := serve(t, fakeAgent{keys: []*sshagent.Key{held(t, keytest.ECKey(1).Public())}})
	signer, err := agent.Signer(conn, "key")
	if err != nil {
		t.Fatal(err)
	}
	_, err = signer.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
	keytest.CheckSame(t, "an agent signs whole messages: it was given a digest", keytest.Message(err))
	_, err = signer.(crypto.MessageSigner).SignMessage(rand.Reader, nil, crypto.SHA512)
	keytest.CheckSame(t, "a key of type ecdsa-sha2-nistp256 does not sign with the hash SHA-512", keytest.Message(err))
}
