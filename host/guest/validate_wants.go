// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// wants checks what the module wants besides resources: that it could be
// granted, and that what is imported is also asked for.
func (v *validator) wants(info *module.Info) {
	d := v.description
	wanted := grant.Grants{Sign: d.Sign, FieldManagers: d.FieldManagers}
	for _, h := range d.HTTP {
		wanted.HTTP = append(wanted.HTTP, grant.HTTP(h))
	}
	for _, problem := range wanted.Problems("") {
		v.problems = append(v.problems, problem.Error())
	}
	if imports(info, abi.OpHTTP) && len(d.HTTP) == 0 {
		v.problem("", "http", "the module imports the function and asks for no server")
	}
	if imports(info, abi.OpSign) && len(d.Sign) == 0 {
		v.problem("", "sign", "the module imports the function and asks for no key")
	}
	if imports(info, abi.OpDiscover) && !d.Discover {
		v.problem("", "discover", "the module imports the function and does not ask for it")
	}
}

func imports(info *module.Info, op abi.Operation) bool {
	return info != nil && slices.ContainsFunc(info.Imports, func(f module.Function) bool {
		return f.Module == abi.ImportModule && f.Name == op.String()
	})
}
