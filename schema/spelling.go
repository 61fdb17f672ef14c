package schema

import (
	"cmp"
	"slices"

	"github.com/licseal/licseal/internal/datename"
)

// maxNameLength bounds the names that are compared, since the time is the product of
// their lengths.
const maxNameLength = 64

// nearest returns the name that was probably meant by one that is misspelt, or "".
func nearest(misspelt string, names []string) string {
	return pairUp([]string{misspelt}, names)[misspelt]
}

// pairUp returns, for misspelt names, which of the names each was meant to be. Each
// name is used once, for the closest pairs first.
func pairUp(misspelt, names []string) map[string]string {
	type pair struct {
		misspelt, name string
		distance       int
	}
	var pairs []pair
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = fold(n)
	}
	for _, m := range misspelt {
		wrong := fold(m)
		for i, n := range names {
			if d := distance(wrong, folded[i]); d <= maxDistance(n) {
				pairs = append(pairs, pair{m, n, d})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.misspelt, b.misspelt), cmp.Compare(a.name, b.name))
	})
	meant, taken := make(map[string]string), make(map[string]bool)
	for _, p := range pairs {
		if meant[p.misspelt] == "" && !taken[p.name] {
			meant[p.misspelt], taken[p.name] = p.name, true
		}
	}
	return meant
}

// maxDistance is how many edits may lie between a name and its misspelling.
func maxDistance(name string) int { return min(max(1, len(name)/4), 3) }

// fold makes licenseKey, license-key and license_key equal.
func fold(name string) string { return datename.Fold(name) }

// distance returns how many characters must be added, removed, replaced or
// swapped with their neighbour to turn a into b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > maxNameLength || len(t) > maxNameLength {
		return maxNameLength
	}
	var rows [maxNameLength + 1][maxNameLength + 1]uint8
	for i := range s {
		rows[i+1][0] = uint8(i + 1)
	}
	for j := range t {
		rows[0][j+1] = uint8(j + 1)
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			replaced := rows[i-1][j-1]
			if s[i-1] != t[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return int(rows[len(s)][len(t)])
}
