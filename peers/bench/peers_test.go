package main

import "testing"

// Every peer verifies what it has signed and refuses what was changed: what is
// measured is real.
func TestPeers(t *testing.T) {
	if len(payload) != 266 {
		t.Errorf("the payload has %d bytes", len(payload))
	}
	for _, p := range peers() {
		if err := p.check(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	benchmark(b, func(all []peer) []operation { return verifyOperations(all) })
}

func BenchmarkSign(b *testing.B) {
	benchmark(b, func(all []peer) []operation { return signOperations(all) })
}

func benchmark(b *testing.B, operations func([]peer) []operation) {
	all := peers()
	for i := range all {
		if err := all[i].check(); err != nil {
			b.Fatal(err)
		}
	}
	list := operations(all)
	for _, o := range list[1:] {
		b.Run(o.name, func(b *testing.B) {
			for b.Loop() {
				o.run()
			}
			const rounds = 1600 // in turns with the bare operation, whatever -benchtime says
			b.ReportMetric(measure([]operation{list[0], o}, rounds)[1], "x-bare")
			b.ReportMetric(testing.AllocsPerRun(100, o.run), "allocs")
		})
	}
}
