// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

// Version is that of what Rewrite returns. It is in the names under which
// rewritten modules are kept, so each change of the output raises it; a test
// knows the output for a few modules.
const Version = 5
