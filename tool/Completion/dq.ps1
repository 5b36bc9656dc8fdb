# Completion of dq for PowerShell. In $PROFILE:  dotnet dq completion pwsh | Out-String | Invoke-Expression
# Where there is no program called dq, dq stands for `dotnet dq`.
if (-not (Get-Command dq -ErrorAction Ignore)) { function global:dq { dotnet dq @args } }
Register-ArgumentCompleter -Native -CommandName dq, dotnet-dq -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $name = $commandAst.CommandElements[0].Extent.Text
    $line = $commandAst.ToString()
    # What is typed after the program's name, with the space that begins a new word.
    $typed = $line.Substring([Math]::Min($name.Length + 1, $line.Length))
    $typed = $typed.PadRight([Math]::Max(0, $cursorPosition - $commandAst.Extent.StartOffset - $name.Length - 1))
    & $name suggest '--' $typed 2>$null | Where-Object { $_ } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
