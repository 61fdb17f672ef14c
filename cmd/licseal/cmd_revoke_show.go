package main

import (
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/revoke"
	"github.com/urfave/cli/v2"
)

func showListCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "verify a list and print what it says", UsageText: "licseal revoke show [LIST] -t KEYS [flags] [ID…]", ArgsUsage: reads + " " + names,
		Description: `With ids, tells for each licence whether it is revoked. --json prints one object:
generation, issued, next_update, key{id,name,issuers}, licenses (their number),
revoked_keys, and for the given ids ids{ID: {revoked, reason}}.`,
		Flags:  []cli.Flag{trustFlag, listFlag, jsonFlag},
		Action: showList,
	}
}

func showList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	if err := checkTypedIDs(ids); err != nil {
		return err
	}
	if err := checkStdin(append(c.StringSlice("t"), path)...); err != nil {
		return err
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return err
	}
	data, err := readFile(path, revoke.MaxBytes)
	if err != nil {
		return listError(path, err)
	}
	if err := observeList(c, path, data); err != nil {
		return err
	}
	list, err := revoke.Verify(data, trusted)
	if err != nil {
		return listError(path, err)
	}
	if c.Bool("json") {
		return printJSON(c, newJSONList(list, ids))
	}
	return show(c, listText(displayName(path), list, ids))
}

// jsonList is what 'licseal revoke show --json' prints.
type jsonList struct {
	Generation  int64                `json:"generation"`
	Issued      string               `json:"issued"`
	NextUpdate  string               `json:"next_update"`
	Key         verdict.JSONKey      `json:"key"`
	Licenses    int                  `json:"licenses"`
	RevokedKeys []jsonRevokedKey     `json:"revoked_keys,omitempty"`
	IDs         map[string]jsonEntry `json:"ids,omitempty"`
}

type jsonEntry struct {
	Revoked bool   `json:"revoked"`
	Reason  string `json:"reason,omitempty"`
}

func newJSONList(list *revoke.List, ids []string) jsonList {
	c := list.Contents()
	j := jsonList{
		Generation: c.Generation, Issued: instant(c.Issued), NextUpdate: instant(c.NextUpdate),
		Key: *verdict.NewJSONKey(list.Signer()), Licenses: c.Licenses(),
	}
	for _, k := range c.Keys() {
		j.RevokedKeys = append(j.RevokedKeys, newJSONRevokedKey(k.ID, k.From, k.Reason))
	}
	for _, id := range ids {
		if j.IDs == nil {
			j.IDs = map[string]jsonEntry{}
		}
		reason, revoked := c.License(id)
		j.IDs[id] = jsonEntry{revoked, reason}
	}
	return j
}

func listText(name string, list *revoke.List, ids []string) text.Line {
	c, signer := list.Contents(), list.Signer()
	var b text.Block
	b.Printf("%s: generation %d, %s, signed by %s\n", name, c.Generation, counts(c), verdict.KeyName(signer))
	b.Printf("issued %s, next update by %s\n", instant(c.Issued), instant(c.NextUpdate))
	for _, k := range c.Keys() {
		b.Printf("signing key %s: revoked %s%s\n", k.ID, fromText(k.From), because(k.Reason))
	}
	for _, id := range ids {
		if reason, revoked := c.License(id); revoked {
			b.Printf("%s: revoked%s\n", id, because(reason))
		} else {
			b.Printf("%s: not revoked\n", id)
		}
	}
	return b.Line()
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
