package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
)

// writeBOM writes what the programs for a system consist of, in the format of CycloneDX:
// each program with its SHA-256, and the modules that it is linked with, as the Go
// toolchain recorded them in it.
func (r *release) writeBOM(t target, built []program) error {
	name := r.name(t.os, t.arch)
	bom := cyclonedx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.commit+" "+name)).String()
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp: r.time.Format(time.RFC3339),
		Component: &cyclonedx.Component{
			BOMRef: name, Type: cyclonedx.ComponentTypeApplication, Name: "licseal", Version: r.version,
			Description: "licseal for " + t.String(), PackageURL: packageURL(built[0].info.Main.Path, r.version),
			Licenses: licencesOf("Apache-2.0"), Properties: &[]cyclonedx.Property{{Name: "commit", Value: r.commit}},
		},
	}
	components := &components{ids: r.licences(), seen: map[string]bool{}}
	var programs []string
	for _, p := range built {
		programs = append(programs, components.addProgram(&p))
	}
	components.dependencies = append(components.dependencies, cyclonedx.Dependency{Ref: name, Dependencies: &programs})
	bom.Components, bom.Dependencies = &components.all, &components.dependencies
	var b bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&b, cyclonedx.BOMFileFormatJSON)
	encoder.SetPretty(true)
	if err := encoder.EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		return err
	}
	return r.write(name+".cdx.json", b.Bytes())
}

// components is a list of components, each once, and what each depends on.
type components struct {
	ids          map[string]string // of licences, by module
	seen         map[string]bool
	all          []cyclonedx.Component
	dependencies []cyclonedx.Dependency
}

// addProgram adds a program and its modules, and returns its reference.
func (c *components) addProgram(p *program) string {
	sum := sha256.Sum256(p.data)
	component := cyclonedx.Component{
		BOMRef: p.name, Type: cyclonedx.ComponentTypeApplication, Name: p.name, Version: p.info.Main.Version, Licenses: licencesOf("Apache-2.0"),
		Hashes:     &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
		Properties: &[]cyclonedx.Property{},
	}
	for _, s := range p.info.Settings {
		if s.Value != "" {
			*component.Properties = append(*component.Properties, cyclonedx.Property{Name: "build:" + s.Key, Value: s.Value})
		}
	}
	c.all = append(c.all, component)
	needs := []string{c.addModule("std", p.info.GoVersion, "", c.ids["Go's standard library"])}
	for _, m := range p.info.Deps {
		needs = append(needs, c.addModule(m.Path, m.Version, m.Sum, c.ids[m.Path+" "+m.Version]))
	}
	c.dependencies = append(c.dependencies, cyclonedx.Dependency{Ref: p.name, Dependencies: &needs})
	return p.name
}

// addModule adds a module unless it is there already, and returns its reference.
func (c *components) addModule(path, version, sum, ids string) string {
	ref := packageURL(path, version)
	if c.seen[ref] {
		return ref
	}
	c.seen[ref] = true
	component := cyclonedx.Component{
		BOMRef: ref, Type: cyclonedx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: ref, Licenses: licencesOf(ids),
	}
	if sum != "" { // as in go.sum
		component.Properties = &[]cyclonedx.Property{{Name: "go:sum", Value: sum}}
	}
	c.all = append(c.all, component)
	return ref
}

// packageURL returns the purl of a Go module.
func packageURL(path, version string) string {
	return fmt.Sprintf("pkg:golang/%s@%s", strings.ToLower(path), strings.TrimPrefix(version, "go"))
}

// licencesOf returns licences with SPDX identifiers, separated by commas.
func licencesOf(ids string) *cyclonedx.Licenses {
	if ids == "" {
		return nil
	}
	licences := cyclonedx.Licenses{}
	for _, id := range strings.Split(ids, ", ") {
		licences = append(licences, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	return &licences
}

// licences returns the licences of each module and version that NOTICE lists.
func (r *release) licences() map[string]string {
	ids := map[string]string{}
	for _, match := range noticeLine.FindAllStringSubmatch(string(r.file("NOTICE")), -1) {
		ids[match[1]] = match[2]
	}
	return ids
}

var noticeLine = regexp.MustCompile(`(?m)^(\S+ v\S+|Go's standard library): (.+)$`)
