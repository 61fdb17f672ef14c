//go:build unix

// Package pgtest gives tests a PostgreSQL server of their own. It is apart from package
// testenv because it links a driver.
//
// It starts the installed server in a temporary folder. Where there is none, or
// another is wanted, the variable LICSEAL_TEST_POSTGRES holds the URL of a
// server on which the tests may create and drop databases. With neither, tests
// that need one are skipped, or fail where every test must run.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/leak"
)

// Variable names the URL of a server to use in place of one of our own.
const Variable = "LICSEAL_TEST_POSTGRES"

// Database returns the URL of a new, empty database, which is dropped when the
// test ends. All tests of a process share one server, which ends with it.
func Database(t testing.TB) string {
	t.Helper()
	if u := os.Getenv(Variable); u != "" {
		return newDatabase(t, u)
	}
	server, err := shared()
	skipOrFail(t, err)
	return newDatabase(t, server.URL())
}

var shared = sync.OnceValues(func() (*Server, error) {
	s, err := start()
	if err == nil {
		leak.Keep(s.hold)
	}
	return s, err
})

// Start starts a server for one test alone, which may stop it and start it
// again. It skips the test where no server is installed.
func Start(t testing.TB) *Server {
	t.Helper()
	server, err := start()
	skipOrFail(t, err)
	t.Cleanup(server.close)
	return server
}

// Standby starts a server that follows s: a standby, which is read-only.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	standby, err := s.startStandby()
	if err != nil {
		t.Fatalf("starting a standby of PostgreSQL: %v", err)
	}
	t.Cleanup(standby.close)
	return standby
}

func (s *Server) startStandby() (*Server, error) {
	standby := &Server{bin: s.bin, account: s.account}
	var err error
	if standby.dir, err = os.MkdirTemp("", "licseal-pg-"); err != nil {
		return nil, err
	}
	if err = standby.follow(s); err == nil {
		err = standby.Start()
	}
	if err != nil {
		standby.close()
		return nil, err
	}
	return standby, nil
}

// follow copies the data of another server, and its address.
func (s *Server) follow(primary *Server) error {
	if s.account != nil {
		if err := os.Chown(s.dir, int(s.account.Credential.Uid), int(s.account.Credential.Gid)); err != nil {
			return err
		}
	}
	backup := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "--pgdata", s.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
		"--dbname", primary.URL())
	backup.SysProcAttr = s.account
	backup.Dir = s.dir
	if output, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %v\n%s", err, output)
	}
	return s.choosePort()
}

// NewDatabase returns the URL of a new, empty database on the server.
func (s *Server) NewDatabase(t testing.TB) string { return newDatabase(t, s.URL()) }

func newDatabase(t testing.TB, serverURL string) string {
	t.Helper()
	name := "licseal_test_" + strings.ToLower(rand.Text()[:12])
	execute := func(statement string) error {
		pool, err := sql.Open("pgx", serverURL)
		if err != nil {
			return err
		}
		defer pool.Close()
		ctx, cancel := context.WithTimeout(context.Background(), testenv.Patience)
		defer cancel()
		_, err = pool.ExecContext(ctx, statement)
		return err
	}
	if err := execute("CREATE DATABASE " + name); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() { execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	u, err := url.Parse(serverURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

var errNotInstalled = errors.New("no PostgreSQL server is installed (initdb, postgres), and " + Variable + " is not set")

func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNotInstalled) {
		testenv.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
}

// Server is a PostgreSQL server in a temporary folder. It listens on the
// loopback interface, and believes whoever connects.
type Server struct {
	bin, dir string
	port     int
	account  *syscall.SysProcAttr
	guard    *exec.Cmd // while it runs
	hold     *os.File  // the guard ends the server when this is closed
}

// URL returns the address of the server's own database, postgres.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

func start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.dir, err = os.MkdirTemp("", "licseal-pg-"); err != nil {
		return nil, err
	}
	if err = s.prepare(); err == nil {
		err = s.Start()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// binaries returns the folder of initdb and postgres: one in PATH, or the newest
// that Debian has installed.
func binaries() (string, error) {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range append(debian, dirs...) {
		_, noInitdb := os.Stat(filepath.Join(dir, "initdb"))
		_, noPostgres := os.Stat(filepath.Join(dir, "postgres"))
		if noInitdb == nil && noPostgres == nil {
			return dir, nil
		}
	}
	return "", errNotInstalled
}

// version returns the number in /usr/lib/postgresql/15/bin.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// prepare makes the data folder, in the hands of whoever the server runs as.
func (s *Server) prepare() error {
	if os.Getuid() == 0 { // which postgres refuses to run as
		if err := s.becomeUnprivileged(); err != nil {
			return err
		}
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	initdb.SysProcAttr = s.account
	initdb.Dir = s.dir
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %v\n%s", err, output)
	}
	return s.choosePort()
}

func (s *Server) choosePort() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	return listener.Close()
}

func (s *Server) becomeUnprivileged() error {
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.account = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// guardScript runs the server until standard input ends, which it does at the
// latest when the test process ends, however it ends.
const guardScript = `"$@" >>"$LOG" 2>&1 & pid=$!
cat >/dev/null
kill -INT $pid 2>/dev/null
wait $pid
[ -z "$REMOVE" ] || [ ! -e "$REMOVE/last" ] || rm -rf "$REMOVE"`

// Start starts the server, after Stop, on the same port and data.
func (s *Server) Start() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	s.guard = exec.Command("sh", "-c", guardScript, "sh", filepath.Join(s.bin, "postgres"), "-D", s.data(),
		"-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+s.dir,
		// The machine does not lose power during a test.
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
	s.guard.SysProcAttr = s.account
	s.guard.Dir = s.dir
	s.guard.Stdin = read
	s.guard.Env = append(os.Environ(), "LOG="+filepath.Join(s.dir, "log"), "REMOVE="+s.dir)
	err = s.guard.Start()
	read.Close()
	if err != nil {
		write.Close()
		return err
	}
	s.hold = write
	// Whatever ends this process ends the server, and takes its folder along.
	if err := os.WriteFile(filepath.Join(s.dir, "last"), nil, 0o666); err != nil {
		return err
	}
	return s.wait()
}

// wait returns once the server answers.
func (s *Server) wait() error {
	pool, err := sql.Open("pgx", s.URL())
	if err != nil {
		return err
	}
	defer pool.Close()
	for deadline := time.Now().Add(testenv.Patience); ; time.Sleep(20 * time.Millisecond) {
		if err = pool.Ping(); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("it does not answer: %v\n%s", err, log)
		}
	}
}

// Stop stops the server as its operator would: connections are cut, what was
// committed stays.
func (s *Server) Stop() error {
	if s.hold == nil {
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, "last")); err != nil {
		return err
	}
	s.hold.Close()
	s.hold = nil
	return s.guard.Wait()
}

// close ends the server and takes its folder away.
func (s *Server) close() {
	if s.hold != nil {
		s.hold.Close()
		s.guard.Wait()
		s.hold = nil
	}
	os.RemoveAll(s.dir)
}
