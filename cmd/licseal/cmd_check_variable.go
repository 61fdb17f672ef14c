package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/fault"
)

// variable checks the licence in a variable of the environment.
func (p *preflight) variable(name string) error {
	value, ok := os.LookupEnv(name)
	if !ok || value == "" {
		return about(name, withHint(errors.New("the variable is not set"), "a CI system may set a protected variable on protected branches only"))
	}
	data, err := variableData(name, value)
	if err != nil {
		return about(name, err)
	}
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	return p.entry(checkreport.Entry{Result: p.checker.Installed(check.Installed{Name: name, Data: data})}, true)
}

// variableData returns the licence in a variable. One whose name ends with BASE64 or B64
// holds base64, as CI systems need it that change or refuse JSON in variables.
func variableData(name, value string) ([]byte, error) {
	if upper := strings.ToUpper(name); !strings.HasSuffix(upper, "BASE64") && !strings.HasSuffix(upper, "B64") {
		return []byte(value), nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	if err != nil || !bytes.Contains(data, []byte("{")) {
		return nil, withHint(fault.New(licseal.ReasonParse, "the variable is named for base64, but its value is not that of a licence"), "set it to the output of: base64 -w0 licence.json")
	}
	return data, nil
}
