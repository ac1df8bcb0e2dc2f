// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "github.com/wasm-controller-manager/wcm/host/grant"

// wants checks what the module wants besides resources: that it could be
// granted. Functions that are imported need not be asked for: a module of
// several controllers has the imports of all, and each is denied what it does
// not want.
func (v *validator) wants() {
	d := v.description
	wanted := grant.Grants{Sign: d.Sign, FieldManagers: d.FieldManagers}
	for _, h := range d.HTTP {
		wanted.HTTP = append(wanted.HTTP, grant.HTTP{Hosts: h.Hosts, Methods: h.Methods, Plain: h.Plain})
	}
	for _, problem := range wanted.Problems("") {
		v.problems = append(v.problems, problem.Error())
	}
}
