package postgres

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// A server that does not answer is given up after five seconds, unless the address has
// another time.
func TestConfig(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "")
	type settings struct {
		Timeout time.Duration
		Name    string
		Mode    pgx.QueryExecMode
	}
	for options, want := range map[string]settings{
		"":                                  {5 * time.Second, "licseal", pgx.QueryExecModeExec},
		"?connect_timeout=1":                {time.Second, "licseal", pgx.QueryExecModeExec},
		"?connect_timeout=60":               {time.Minute, "licseal", pgx.QueryExecModeExec},
		"?application_name=vendor":          {5 * time.Second, "vendor", pgx.QueryExecModeExec},
		"?" + modeOption + "=describe_exec": {5 * time.Second, "licseal", pgx.QueryExecModeDescribeExec},
	} {
		config, err := configOf("postgres://me@127.0.0.1/db" + options)
		if err != nil {
			t.Fatal(err)
		}
		got := settings{config.ConnectTimeout, config.RuntimeParams["application_name"], config.DefaultQueryExecMode}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", options, diff)
		}
	}
}
