package testenv

import "regexp"

// GuideFiles returns the files that a guide shows: a block of text after a line that ends
// with "as `NAME`:".
func GuideFiles(guide string) map[string]string {
	files := map[string]string{}
	for _, m := range guideFile.FindAllStringSubmatch(guide, -1) {
		files[m[1]] = m[2]
	}
	return files
}

var guideFile = regexp.MustCompile("(?ms)as\\s`([^`\n]+)`:\n\n```[a-z]*\n(.*?)^```")
