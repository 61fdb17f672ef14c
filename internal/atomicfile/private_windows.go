package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// createPrivate makes an empty file that nobody but the user of this process may read or
// write, from its first moment. A file system without access control ignores that.
func createPrivate(path string) (*os.File, error) {
	fail := func(err error) (*os.File, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fail(err)
	}
	const everything = "D:P(A;;FA;;;%s)" // one entry, and none inherited
	descriptor, err := windows.SecurityDescriptorFromString(fmt.Sprintf(everything, user.User.Sid))
	if err != nil {
		return fail(err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return fail(err)
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	handle, err := windows.CreateFile(name, windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE,
		attributes, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return fail(err)
	}
	return os.NewFile(uintptr(handle), path), nil
}

// IsPrivate reports whether nobody but the owner of a file, the user of this process, and
// the administrators and services of the system may read it.
func IsPrivate(path string) bool {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return false
	}
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return false
	}
	acl, _, err := descriptor.DACL()
	if err != nil || acl == nil { // no list lets everybody in
		return false
	}
	owner, _, _ := descriptor.Owner()
	for i := range uint32(acl.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if windows.GetAce(acl, i, &entry) != nil {
			return false
		}
		sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		if entry.Header.AceType != windows.ACCESS_DENIED_ACE_TYPE && !isTrusted(sid, user.User.Sid, owner) {
			return false
		}
	}
	return true
}

// isTrusted reports whether an identity is one of those given, or may read every file.
func isTrusted(sid *windows.SID, those ...*windows.SID) bool {
	return sid.IsWellKnown(windows.WinLocalSystemSid) || sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		slices.ContainsFunc(those, func(other *windows.SID) bool { return other != nil && sid.Equals(other) })
}
