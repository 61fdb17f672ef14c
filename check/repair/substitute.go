package repair

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
)

// The bounds of [Substitutions]. Each candidate costs its caller the verification of a
// signature.
const (
	maxGroupTries = 500  // of whole groups of substitutes
	maxPlaceTries = 1000 // of single substitutes
	maxPlaces     = 64   // up to which single ones are undone
	maxPlainTries = 30   // of plain characters that may have been others

	maxTriedBytes = 2 << 20 // of all candidates
)

// substitute is a character that programs put in place of others without being asked.
type substitute struct {
	char      string
	originals []string // what it may have been, the likeliest first
}

// substitutes are grouped by the program that makes them: what makes one of a group
// makes all of them.
var substitutes = sync.OnceValue(func() [][]substitute {
	return [][]substitute{
		group(" ", "\u00a0", "\u2002", "\u2003", "\u2007", "\u2009", "\u202f", "\u3000"),
		group("", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u200f"),
		{{"\u2010", []string{"-"}}, {"\u2011", []string{"-"}}, {"\u2012", []string{"-"}}, {"\u2212", []string{"-"}},
			{"\u2013", []string{"-", "--"}}, {"\u2014", []string{"--", "-", "---"}}},
		group(`"`, "\u201c", "\u201d", "\u201e", "\u201f", "\u00ab", "\u00bb", "\u2033", "\uff02"),
		group("'", "\u2018", "\u2019", "\u201a", "\u201b", "\u2032", "\u00b4", "`"),
		{{"\u2026", []string{"..."}}},
		{{"\u00a9", []string{"(c)", "(C)"}}, {"\u00ae", []string{"(r)", "(R)"}}, {"\u2122", []string{"(tm)", "(TM)"}},
			{"\u00bd", []string{"1/2"}}, {"\u00bc", []string{"1/4"}}, {"\u00be", []string{"3/4"}}, {"\u2192", []string{"->", "-->"}}},
		{{"&amp;", []string{"&"}}, {"&lt;", []string{"<"}}, {"&gt;", []string{">"}}, {"&quot;", []string{`"`}}, {"&#39;", []string{"'"}}, {"&nbsp;", []string{" "}}},
		{{"\r\n", []string{" ", ""}}, {"\n", []string{" ", ""}}},
		decomposed(),
	}
})

// plainSubstitutes are what programs put in place of characters that they do not like:
// the other way round.
var plainSubstitutes = [][]substitute{
	{{" ", []string{"\u00a0"}}},
	{{"-", []string{"\u2013", "\u2014", "\u2011"}}},
	{{"'", []string{"\u2019", "\u2018"}}},
	{{"...", []string{"\u2026"}}},
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// decomposed returns letters with their accent as a character of its own, as copied from a
// PDF document or from the name of a file on macOS.
func decomposed() []substitute {
	const marks = "\u0300\u0301\u0302\u0303\u0308\u030a\u0327\u030c\u0328\u030b\u0307"
	composed := []string{
		"AÀEÈIÌOÒUÙaàeèiìoòuù", "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćNŃnńSŚsśZŹzź", "AÂEÊIÎOÔUÛaâeêiîoôuû", "AÃNÑOÕaãnñoõ", "AÄEËIÏOÖUÜaäeëiïoöuüyÿ",
		"AÅaåUŮuů", "CÇcçSŞsş", "CČcčSŠsšZŽzžRŘrřEĚeěNŇnňDĎdďTŤtť", "AĄaąEĘeę", "OŐoőUŰuű", "ZŻzżIİ",
	}
	var all []substitute
	for i, mark := range []rune(marks) {
		letters := []rune(composed[i])
		for k := 0; k+1 < len(letters); k += 2 {
			all = append(all, substitute{string([]rune{letters[k], mark}), []string{string(letters[k+1])}})
		}
	}
	return all
}

// group returns substitutes of one original.
func group(original string, chars ...string) []substitute {
	all := make([]substitute, len(chars))
	for i, c := range chars {
		all[i] = substitute{c, []string{original}}
	}
	return all
}

// occurrence is a place in a payload where a substitute is.
type occurrence struct {
	substitute
	group      int
	start, end int // in the text of the string
	value      *node
}

// Substitutions returns the licences that a licence may have been before a mail program,
// an office program or a browser changed characters in its values. They are
// guesses: only a good signature confirms one.
func Substitutions(lic *licseal.License) iter.Seq[Candidate] {
	return func(yield func(Candidate) bool) {
		left := maxTriedBytes / (len(lic.Payload.Bytes()) + 1)
		if newSubstitution(lic, substitutes()).run(&left, yield) {
			left = min(left, maxPlainTries)
			newSubstitution(lic, plainSubstitutes).run(&left, yield)
		}
	}
}

// run yields candidates while there are tries left, and returns false once yield does.
func (s *substitution) run(left *int, yield func(Candidate) bool) (more bool) {
	for try := range s.choices() {
		if *left--; *left < 0 {
			return true
		}
		if c, ok := s.candidate(try); ok && !yield(c) {
			return false
		}
	}
	return true
}

// substitution is what can be substituted in a licence.
type substitution struct {
	lic    *licseal.License
	top    *node
	from   [][]substitute
	places []occurrence
	of     map[*node][]int // the places in a string
	groups []int           // that occur
}

func newSubstitution(lic *licseal.License, from [][]substitute) *substitution {
	s := &substitution{lic: lic, top: parseJSON(lic.Payload.Bytes()), from: from, of: map[*node][]int{}}
	if s.top == nil {
		return s
	}
	s.top.walk(func(n *node) bool {
		if n.kind == '"' {
			s.find(n)
		}
		return true
	})
	return s
}

// find notes the substitutes in a string, the longest at each place.
func (s *substitution) find(n *node) {
	text := n.string()
	if !strings.ContainsAny(text, " '\"&`\r\n") && isASCII(text) {
		return // a number, a date, a key
	}
	if original, ok := undoMojibake(text); ok {
		s.note(occurrence{substitute{text, []string{original}}, -1, 0, len(text), n})
		return
	}
	for i := 0; i < len(text); {
		best := occurrence{}
		for g, group := range s.from {
			for _, sub := range group {
				if strings.HasPrefix(text[i:], sub.char) && len(sub.char) > best.end-best.start {
					best = occurrence{sub, g, i, i + len(sub.char), n}
				}
			}
		}
		if best.value == nil {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		s.note(best)
		i = best.end
	}
}

func (s *substitution) note(o occurrence) {
	s.of[o.value] = append(s.of[o.value], len(s.places))
	s.places = append(s.places, o)
	if !slices.Contains(s.groups, o.group) {
		s.groups = append(s.groups, o.group)
	}
}

// choices returns what to put at each place: 0 keeps the text, n takes the n-th
// original. Whole groups come first, because what substitutes one character
// substitutes all of its kind; then one place, two places and so on.
func (s *substitution) choices() iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		if !s.ofGroups(yield) || len(s.places) > maxPlaces {
			return
		}
		tries := 0
		for count := 1; count <= len(s.places); count++ {
			choice := make([]int, len(s.places))
			more := s.ofPlaces(choice, 0, count, func(choice []int) bool {
				tries++
				return tries <= maxPlaceTries && yield(slices.Clone(choice))
			})
			if !more {
				return
			}
		}
	}
}

// ofGroups yields the choices that treat all substitutes of a group alike.
func (s *substitution) ofGroups(yield func([]int) bool) (more bool) {
	limits := make([]int, len(s.groups))
	for _, p := range s.places {
		g := slices.Index(s.groups, p.group)
		limits[g] = max(limits[g], len(p.originals))
	}
	counter := make([]int, len(limits))
	for tries := 0; tries < maxGroupTries && next(counter, limits); tries++ {
		choice := make([]int, len(s.places))
		for i, p := range s.places {
			choice[i] = min(counter[slices.Index(s.groups, p.group)], len(p.originals))
		}
		if !yield(choice) {
			return false
		}
	}
	return true
}

// ofPlaces yields the choices that undo that many substitutes, from a place on.
func (s *substitution) ofPlaces(choice []int, from, count int, yield func([]int) bool) (more bool) {
	if count == 0 {
		return yield(choice)
	}
	for i := from; i+count <= len(s.places); i++ {
		for n := range s.places[i].originals {
			choice[i] = n + 1
			if !s.ofPlaces(choice, i+1, count-1, yield) {
				return false
			}
		}
		choice[i] = 0
	}
	return true
}

// next counts up, each digit to its own limit, and returns false after the last number.
func next(counter, limits []int) bool {
	for i := range counter {
		if counter[i] < limits[i] {
			counter[i]++
			return true
		}
		counter[i] = 0
	}
	return false
}

// candidate returns the licence with a choice for each place.
func (s *substitution) candidate(choice []int) (Candidate, bool) {
	payload := s.top.rewrite(func(n *node) (string, bool) {
		places := s.of[n]
		if len(places) == 0 {
			return "", false
		}
		var b strings.Builder
		text, last := n.string(), 0
		for _, i := range places {
			if p := s.places[i]; choice[i] > 0 {
				b.WriteString(text[last:p.start] + p.originals[choice[i]-1])
				last = p.end
			}
		}
		return b.String() + text[last:], last > 0
	})
	doc := `{"license":{"payload":` + payload + `,"signature":"` + s.lic.Signature + `","version":` + s.lic.Version.String() + `}}`
	lic, err := licseal.Parser{MaxBytes: MaxBytes}.ParseUnverified([]byte(doc))
	if err != nil {
		return Candidate{}, false
	}
	return Candidate{lic, s.faults(choice), true}, true
}

// faults returns one fault for each substitute that was undone.
func (s *substitution) faults(choice []int) []Fault {
	var faults []Fault
	counts := map[string]int{}
	for i, p := range s.places {
		if choice[i] == 0 {
			continue
		}
		if counts[p.char]++; counts[p.char] > 1 {
			continue
		}
		faults = append(faults, Fault{Substituted, s.lic.Payload.Position(string(p.value.pointer())), []string{describe(p.char), describe(p.originals[choice[i]-1])}})
	}
	return faults
}

// describe names a character for a message.
func describe(s string) string {
	switch {
	case s == "":
		return "nothing"
	case utf8.RuneCountInString(s) == 1 && s[0] >= utf8.RuneSelf:
		r, _ := utf8.DecodeRuneInString(s)
		return codePoint(r)
	}
	return quote(s)
}

// rewrite returns the JSON text of the value with other strings in it.
func (n *node) rewrite(replace func(*node) (string, bool)) string {
	var b strings.Builder
	last := n.start
	n.walk(func(c *node) bool {
		if text, changed := replace(c); c.kind == '"' && changed {
			b.Write(n.text[last:c.start])
			quoted, err := jsontext.AppendQuote(nil, text)
			if err != nil {
				quoted = []byte(strconv.Quote("")) // not UTF-8: no licence
			}
			b.Write(quoted)
			last = c.end
		}
		return true
	})
	b.Write(n.text[last:n.end])
	return b.String()
}

// windows1252 are the characters of that encoding from 0x80 to 0x9f; a space stands for
// a byte that it does not use.
const windows1252 = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ"

// undoMojibake returns a text whose UTF-8 was read as Latin-1 or Windows-1252.
func undoMojibake(text string) (string, bool) {
	special := []rune(windows1252)
	var b []byte
	for _, r := range text {
		switch i := slices.Index(special, r); {
		case r < 0x100:
			b = append(b, byte(r))
		case i >= 0 && r != ' ':
			b = append(b, byte(0x80+i))
		default:
			return "", false
		}
	}
	return string(b), utf8.Valid(b) && string(b) != text
}
