package atomicfile

import (
	"os"
	"path/filepath"
)

// Same reports whether two names lead to the same regular file, by links of any kind, or
// will do so once the file exists. Devices and pipes may have several uses.
func Same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	switch {
	case errA == nil && errB == nil:
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	case errA == nil || errB == nil:
		return false
	}
	pathA, errA := future(a)
	pathB, errB := future(b)
	return errA == nil && errB == nil && pathA == pathB
}

// future returns the path of a file that does not exist yet: that of the folder,
// and the name in it. A link that leads nowhere is followed.
func future(path string) (string, error) {
	const maxLinks = 40
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return filepath.Join(folder, filepath.Base(path)), nil
}
