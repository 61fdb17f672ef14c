package main

import (
	"bytes"
	"debug/buildinfo"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/testenv"
)

// The list of what the programs consist of is what the programs themselves say, with the
// licence of every module.
func TestBOM(t *testing.T) {
	dir, _ := built(t)
	bom := new(cyclonedx.BOM)
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(testenv.ReadFile(t, filepath.Join(dir, "licseal_0.9.0_linux_amd64.cdx.json"))), cyclonedx.BOMFileFormatJSON).Decode(bom); err != nil {
		t.Fatal(err)
	}
	components := map[string]cyclonedx.Component{}
	for _, c := range *bom.Components {
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s has no licence", c.BOMRef)
		}
		if _, twice := components[c.BOMRef]; twice {
			t.Errorf("%s is there twice", c.BOMRef)
		}
		components[c.BOMRef] = c
	}
	needs := map[string][]string{}
	for _, d := range *bom.Dependencies {
		needs[d.Ref] = *d.Dependencies
	}
	folder := unpacked(t)
	used := map[string]bool{}
	for _, p := range programs {
		path := filepath.Join(folder, p.name)
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"std " + info.GoVersion}
		for _, m := range info.Deps {
			want = append(want, m.Path+" "+m.Version)
		}
		var got []string
		for _, ref := range needs[p.name] {
			got = append(got, components[ref].Name+" "+components[ref].Version)
			used[ref] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", p.name, diff)
		}
		if sum := (*components[p.name].Hashes)[0].Value; sum != sumOf(testenv.ReadFile(t, path)) {
			t.Errorf("%s: another program has the SHA-256 %s", p.name, sum)
		}
		used[p.name] = true
	}
	if len(used) != len(components) {
		t.Errorf("%d components, of which %v are in the programs", len(components), slices.Sorted(maps.Keys(used)))
	}
}
