# Seals or opens the datagrams of a run: int run(struct block *), the number of those that went well.
# x86-64, System V ABI. record-run.ts holds what `as` makes of it, and says what is where in the block.
.intel_syntax noprefix
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    sub rsp, 8
    mov rbx, rdi
# r12: the datagram. r13: bytes from it to the end of the run. r14: its verdict. ebp: how many went well.
    mov r12, [rbx + 40]
    mov r13, [rbx + 48]
    mov r14, [rbx + 72]
    xor ebp, ebp
# r15: bytes of the datagram.
datagram:
    mov r15, [rbx + 56]
    cmp r15, r13
    cmova r15, r13
    xor eax, eax
    cmp r15, 36
    jb verdict
# What is authenticated: version, kind, from source to key ids, the zero, the length of the record.
    mov rdx, [rbx + 32]
    mov ax, [r12]
    mov [rdx], ax
    mov rax, [r12 + 4]
    mov [rdx + 2], rax
    mov al, [r12 + 3]
    mov [rdx + 10], al
    mov eax, r15d
    sub eax, [rbx + 64]
    xchg al, ah
    mov [rdx + 11], ax
# EVP_CIPHER_CTX_set_params(context, parameters)
    mov rdi, [rbx + 16]
    mov rsi, [rbx + 24]
    call [rbx]
# EVP_Cipher(context, record, record, bytes): a record begins at the counter.
    mov rdi, [rbx + 16]
    lea rsi, [r12 + 12]
    mov rdx, rsi
    lea ecx, [r15 - 12]
    call [rbx + 8]
    test eax, eax
    setg al
    movzx eax, al
verdict:
    mov [r14], al
    inc r14
    add ebp, eax
    add r12, r15
    sub r13, r15
    jnz datagram
    mov eax, ebp
    add rsp, 8
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
