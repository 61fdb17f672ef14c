// Command bench measures licseal and its peers on the same payload, in one run, and
// prints how much each costs beside bare crypto/ed25519.
//
//	go run ./bench [-rounds N] [-bulk N]
package main

import (
	"context"
	"crypto/ed25519"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

func main() {
	rounds := flag.Int("rounds", 4000, "how often each operation is measured")
	size := flag.Int("bulk", 20_000, "how many licences are signed and verified in bulk")
	turns := flag.Int("turns", 15, "how often they are")
	flag.Parse()
	if err := run(*rounds, *size, *turns); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(rounds, size, turns int) error {
	all := peers()
	for i := range all {
		if err := all[i].check(); err != nil {
			return err
		}
	}
	fmt.Printf("%s %s/%s, %d cores, payload of %d bytes\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), len(payload))
	printTable("Verify", verifyOperations(all), rounds)
	printTable("Sign", signOperations(all), rounds)
	return printBulk(size, turns)
}

// operation is something to measure; the first of a list is the bare one.
type operation struct {
	name, note string
	run        func()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func verifyOperations(all []peer) []operation {
	signature, _ := bareSign()
	operations := []operation{{"bare ed25519.Verify", "", func() { must(bareVerify(signature)) }}}
	for _, p := range all {
		operations = append(operations, operation{p.name, p.note, func() { must(p.verify(p.signed)) }})
	}
	return operations
}

func signOperations(all []peer) []operation {
	operations := []operation{{"bare ed25519.Sign", "", func() { bareSign() }}}
	for _, p := range all {
		if p.sign != nil {
			operations = append(operations, operation{p.name, "", func() {
				_, err := p.sign()
				must(err)
			}})
		}
	}
	return operations
}

// inARow is how often an operation is run before it is the next one's turn.
const inARow = 16

// measure runs the operations in turns and returns the ratio of each one's median
// time to that of the bare one.
func measure(operations []operation, rounds int) []float64 {
	times := make([][]float64, len(operations))
	for range max(1, rounds/inARow) {
		for i, o := range operations {
			start := time.Now()
			for range inARow {
				o.run()
			}
			times[i] = append(times[i], float64(time.Since(start)))
		}
	}
	ratios := make([]float64, len(operations))
	for i := range times {
		ratios[i] = median(times[i]) / median(times[0])
	}
	return ratios
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

func printTable(title string, operations []operation, rounds int) {
	ratios := measure(operations, rounds)
	fmt.Printf("| %s | ratio | allocations | |\n|-|-|-|-|\n", title)
	order := make([]int, len(operations))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(1e6 * (ratios[a] - ratios[b])) })
	for _, i := range order {
		fmt.Printf("| %s | %.2f | %.0f | %s |\n", operations[i].name, ratios[i], testing.AllocsPerRun(100, operations[i].run), operations[i].note)
	}
	fmt.Println()
}

// printBulk measures bulk signing and verifying beside the bare operations.
func printBulk(size, turns int) error {
	texts, documents := make([][]byte, size), make([][]byte, size)
	for i := range texts {
		texts[i] = []byte(strings.Replace(payload, "LS-0000001", fmt.Sprintf("LS-%07d", i), 1))
		p, err := licseal.ParsePayload(texts[i])
		if err != nil {
			return err
		}
		lic, err := sign.License(p, private)
		if err != nil {
			return err
		}
		documents[i] = []byte(lic.String())
	}
	signature, _ := bareSign()
	bareVerifies := func(n int) {
		for range n {
			ed25519.Verify(public, []byte(payload), signature)
		}
	}
	bareSigns := func(n int) {
		for i := range n {
			ed25519.Sign(private, texts[i])
		}
	}
	fmt.Printf("| %d licences of one key | to bare on one core | cores | throughput to one core | to bare times cores |\n|-|-|-|-|-|\n", size)
	// What the machine's cores give to work that shares nothing.
	printBulkRow("bare verify", size, turns, bareVerifies, func(workers int) { spread(size, workers, bareVerifies) })
	printBulkRow("bare sign", size, turns, bareSigns, func(workers int) { spread(size, workers, bareSigns) })
	for _, rules := range []*schema.Schema{nil, schema.Kong()} {
		name := "no schema"
		if rules != nil {
			name = "schema"
		}
		printBulkRow("verify, "+name, size, turns, bareVerifies, func(workers int) { verifyAll(documents, rules, workers) })
	}
	for _, rules := range []*schema.Schema{nil, schema.Kong()} {
		name := "no schema"
		if rules != nil {
			name = "schema"
		}
		printBulkRow("sign, "+name, size, turns, bareSigns, func(workers int) { signAll(texts, rules, workers) })
	}
	return nil
}

// spread runs a share of n operations in each of several goroutines.
func spread(n, workers int, run func(n int)) {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { run(n / workers) })
	}
	group.Wait()
}

func verifyAll(documents [][]byte, rules *schema.Schema, workers int) {
	options := &verify.Options{At: at}
	if rules != nil {
		options.Fields = rules
	}
	v, err := bulk.NewVerifier([]licseal.TrustedKey{{Key: public}}, options)
	must(err)
	for _, report := range bulk.Verify(context.Background(), slices.All(documents), v, &bulk.VerifyOptions{Workers: workers}) {
		must(report.Err())
	}
}

func signAll(texts [][]byte, rules *schema.Schema, workers int) {
	ctx := context.Background()
	rows := bulk.Payloads(ctx, slices.All(texts), &bulk.PayloadOptions{Schema: rules, Workers: workers})
	for _, row := range bulk.Sign(ctx, rows, private, &bulk.SignOptions{Workers: workers}) {
		must(row.Err)
	}
}

// printBulkRow prints the median, over turns, of the processor time of one item on one
// core beside that of the bare operation. It also prints how many times as many items
// all cores do as one, and beside the bare operations that they would do if each gave
// as many as the first: of the fastest turn of each, because whatever else the machine
// does takes from many cores more than from one.
func printBulkRow(name string, size, turns int, bare func(n int), pass func(workers int)) {
	cores := runtime.NumCPU()
	const share = 10
	var ratios, bares, ones, manys []float64
	for range turns {
		var bareTime, one time.Duration
		bareCPU := cpuOf(func() { bareTime = timeOf(func() { bare(size / share / 2) }) })
		oneCPU := cpuOf(func() { one = onOneCore(func() { pass(1) }) })
		bareCPU += cpuOf(func() { bareTime += timeOf(func() { bare(size / share / 2) }) })
		many := timeOf(func() { pass(cores) })
		ratios = append(ratios, float64(oneCPU)/float64(share*bareCPU))
		bares = append(bares, float64(share*bareTime))
		ones, manys = append(ones, float64(one)), append(manys, float64(many))
	}
	bareAll := slices.Min(bares) / float64(cores)
	fmt.Printf("| %s | %.2f | %d | %.2f | %.0f %% |\n", name, median(ratios), cores, slices.Min(ones)/slices.Min(manys), 100*bareAll/slices.Min(manys))
}

func onOneCore(f func()) time.Duration {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return timeOf(f)
}

// cpuOf returns the processor time that f takes, the garbage collector's included:
// unlike the time on the clock, it does not grow with what else the machine does.
func cpuOf(f func()) time.Duration {
	start := processorTime()
	f()
	return processorTime() - start
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func timeOf(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
