package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func conformanceCommand() *cli.Command {
	return &cli.Command{
		Name:      "conformance",
		Usage:     "test a verifier in any language against all test vectors",
		UsageText: "licseal conformance [flags] -- CMD [ARGUMENT…]", ArgsUsage: names,
		Description: `Has a client, CMD, judge every test vector of the licence format, and compares its
answers. A client is a small command line around the verifier: 'CMD serve' reads
requests and writes answers, a line of JSON each, or 'CMD verify KEYS TIME GRACE'
judges one licence and ends with the exit codes of licseal. docs/conformance.md has
the details. A client without serve is started once for each vector.

  licseal conformance -- node verify.js
  licseal conformance --mutants 10000 --expected known.txt -- ./verify

Prints a table by class, and a line for each vector on which the client failed.
--mutants adds changed vectors; the same --seed gives the same ones. The file of
--expected names a vector a line, or a pattern such as trust/*, on which the client is
known to fail; it is a failure if it does not. Ends with exit code 9 on failure.

--show prints the request and the expected answer of one vector or mutant.
--reference makes licseal itself the client:
'licseal conformance -- licseal conformance --reference'.`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "part", KeepSpace: true, Usage: "test one part, `NAME`: " + strings.Join(conformance.Parts(), ", ") + " (repeatable; default: all)"},
			&cli.IntFlag{Name: "mutants", Usage: "add `N` changed vectors"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "make the mutants from the number `N`"},
			&cli.BoolFlag{Name: "classes", Usage: "fail if a refusal has another class than expected"},
			&cli.StringFlag{Name: "expected", Usage: "read the vectors that are known to fail from `FILE`", TakesFile: true, Category: reads},
			&cli.StringFlag{Name: "call", Usage: "call the client by `FORM`: serve, verify (default: serve, if it can)"},
			&cli.StringFlag{Name: "timeout", Value: "10s", Usage: "wait at most `LENGTH` of time for each answer"},
			jsonFlag,
			&cli.StringFlag{Name: "junit", Usage: "write JUnit's XML to `FILE`, which is replaced", TakesFile: true, Category: writes},
			&cli.StringFlag{Name: "show", Usage: "print the vector or mutant `NAME`"},
			&cli.BoolFlag{Name: "reference", Usage: "be a client"},
		},
		Action: conformanceAction,
	}
}

func conformanceAction(c *cli.Context) error {
	if c.Bool("reference") {
		return conformance.Reference(os.Stdin, c.App.Writer, c.Args().Slice())
	}
	parts := c.StringSlice("part")
	for _, part := range parts {
		if !slices.Contains(conformance.Parts(), part) {
			return usagef("--part %q: name %s", part, strings.Join(conformance.Parts(), ", "))
		}
	}
	vectors, err := conformance.Vectors(parts...)
	switch {
	case err != nil:
		return err
	case c.String("show") != "":
		return showVector(c, vectors)
	case c.NArg() == 0:
		return withHint(usagef("name the client"), "licseal conformance -- CMD")
	case c.Int("mutants") < 0:
		return usagef("--mutants is negative")
	}
	return testClient(c, vectors)
}

func showVector(c *cli.Context, vectors []conformance.Vector) error {
	v, ok := conformance.Find(vectors, c.String("show"))
	if !ok {
		return usagef("no vector is named %q", c.String("show"))
	}
	return printJSON(c, v)
}

func testClient(c *cli.Context, vectors []conformance.Vector) error {
	options := conformance.Options{Command: c.Args().Slice(), Call: c.String("call"), Classes: c.Bool("classes")}
	if call := options.Call; call != "" && call != conformance.CallServe && call != conformance.CallVerify {
		return usagef("--call %q: name %s or %s", call, conformance.CallServe, conformance.CallVerify)
	}
	var err error
	if options.Timeout, err = lengthFlag(c, "timeout"); err != nil {
		return err
	}
	var expected *conformance.Expected
	if path := c.String("expected"); path != "" {
		data, err := readFile(path, licseal.DefaultMaxBytes)
		if err != nil {
			return about(displayName(path), err)
		}
		if expected, err = conformance.ParseExpected(displayName(path), data); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report := conformance.NewReport(options.Command, expected, c.Uint64("seed"), now())
	call, err := conformance.Run(ctx, conformance.WithMutants(vectors, c.Uint64("seed"), c.Int("mutants")), options, report.Add)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if err != nil {
		return err
	}
	report.Close(call)
	return printConformance(c, report)
}

// printConformance prints a report, and returns an error if the client has failed.
func printConformance(c *cli.Context, report *conformance.Report) error {
	if path := c.String("junit"); path != "" {
		var b bytes.Buffer
		if err := report.WriteJUnit(&b); err != nil {
			return err
		}
		if err := atomicfile.Replace(path, b.Bytes(), 0o644); err != nil {
			return about(path, noFolder(path, err))
		}
	}
	if c.Bool("json") {
		if err := printJSON(c, report); err != nil {
			return err
		}
	} else if err := show(c, report.Table()); err != nil {
		return err
	}
	if report.OK {
		return nil
	}
	failed := fmt.Sprintf("the client failed on %d of %s", report.Total.Failed, text.Plural(report.Total.Vectors, "vector"))
	if report.Total.Failed == 0 {
		failed = fmt.Sprintf("%s did not happen", text.Plural(len(report.Unused), "expected failure"))
	}
	return fault.New(licseal.ReasonRequirement, "%s", failed)
}
