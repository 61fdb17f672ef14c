package main

import (
	"time"

	"github.com/licseal/licseal/check"
	"github.com/urfave/cli/v2"
)

// length is the value of a flag that takes a length of time: 30d, or any text that
// time.ParseDuration reads.
type length time.Duration

// Set implements cli.Generic.
func (l *length) Set(text string) error {
	d, err := check.ParseLength(text)
	*l = length(d)
	return err
}

// String implements cli.Generic. It is empty for zero, so that help shows no default.
func (l *length) String() string {
	if l == nil || *l == 0 {
		return ""
	}
	return time.Duration(*l).String()
}

// lengthFlag returns a flag that takes a length of time.
func lengthFlag(name string, value time.Duration, usage string) cli.Flag {
	l := length(value)
	return &cli.GenericFlag{Name: name, Value: &l, Usage: usage}
}

// lengthOf returns the value of a flag made by lengthFlag.
func lengthOf(c *cli.Context, name string) time.Duration {
	l, ok := c.Generic(name).(*length)
	if !ok {
		return 0
	}
	return time.Duration(*l)
}
