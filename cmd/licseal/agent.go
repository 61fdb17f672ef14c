package main

import (
	"context"
	"crypto"
	"errors"

	"github.com/licseal/licseal/keys/agent"
)

// agentKey finds a key in the SSH agent. The connection stays open until the
// program ends.
func agentKey(ctx context.Context, name string) (crypto.Signer, error) {
	if name == "" {
		return nil, usagef("-k agent: needs a key: agent:SHA256:… or agent:COMMENT; ssh-add -l lists them")
	}
	conn, err := agent.Dial(ctx)
	if errors.Is(err, agent.ErrNoAgent) {
		return nil, withHint(err, `eval "$(ssh-agent)" starts one, ssh-add FILE gives it a key`)
	}
	if err != nil {
		return nil, err
	}
	key, err := agent.Signer(conn, name)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return key, nil
}
