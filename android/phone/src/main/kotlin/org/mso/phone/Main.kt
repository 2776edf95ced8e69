/*
 * The phone as a program: one JSON object per line on standard input, one per line on standard
 * output, in order.
 *
 * Invariant: only answers are written to standard output.
 */
package org.mso.phone

import java.io.FileDescriptor
import java.io.FileOutputStream
import java.nio.file.Path
import kotlin.system.exitProcess
import org.mso.core.Workspace
import org.mso.core.WorkspaceOptions

fun main() {
    // All other output goes to standard error.
    System.setOut(System.err)
    // After an uncaught exception on any thread, exit at once, because no answer would follow.
    Thread.setDefaultUncaughtExceptionHandler { _, fault ->
        fault.printStackTrace()
        Runtime.getRuntime().halt(1)
    }
    val output = FileOutputStream(FileDescriptor.out)
    val phone = Phone(::openWorkspace)
    val input = System.`in`.bufferedReader()
    while (!phone.ended) {
        val line = input.readLine() ?: break
        if (line.isBlank()) continue
        output.write("${phone.answer(line)}\n".encodeToByteArray())
    }
    phone.close()
    exitProcess(0)
}

private fun openWorkspace(): Workspace {
    val store = Path.of(environment("MSO_STORE")).toAbsolutePath().normalize()
    val options = WorkspaceOptions(
        directory = store.toString(),
        serverUrl = environment("MSO_SERVER"),
        platform = "linux",
        appVersion = "0.1.0",
        deviceName = environment("MSO_DEVICE_NAME"),
    )
    return Workspace.open(options, SimulatorKeyVault(store.resolveSibling("${store.fileName}.vault")))
}

private fun environment(name: String): String =
    System.getenv(name) ?: throw BadRequest("the environment variable $name is missing")
